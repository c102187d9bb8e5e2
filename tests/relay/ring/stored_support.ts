/** Rings whose sub-buffers tell their numbers, for tests of what is stored in them. */
import type { RingMemory } from "@ltt/relay/ring";
import { isStored, storedSubbufs } from "../../../relay/ring/stored_subbufs.ts";
import { assert, assertEquals } from "@std/assert";
import { describedEvents } from "./bytes.ts";
import { type RingSetup, TestRing } from "./support.ts";

/** Bytes of their headers. */
export const HEADER = 16;

/** A ring of four sub-buffers whose headers say their number. */
export function ringOf(setup: RingSetup = {}): TestRing {
  const test: TestRing = new TestRing({
    nSubbufs: 4,
    headerSize: HEADER,
    client: { bufferBegin: (header, seq) => test.machine.ram.view.setUint32(header, seq, true) },
    ...setup,
  });
  return test;
}

/** Fills the sub-buffer that is open with two events that tell its number, and delivers it. */
export function fill(test: TestRing, seq: number): void {
  for (const half of [0, 1]) write(test, 2 * seq + half, 1000);
  assert(test.writer.flush("active"), `sub-buffer ${seq} is delivered`);
}

/** Writes an event that tells its number. */
export function write(test: TestRing, number: number, size: number): void {
  const address = test.describedEvent(size, number);
  assert(address > 0, `event ${number} is lost: ${address}`);
}

/** Numbers of the sub-buffers that are stored. */
export function seqs(memory: RingMemory): number[] {
  return storedSubbufs(memory).map(({ seq }) => seq);
}

/** Fails unless the sub-buffers that are stored are those, and hold what `fill` wrote there. */
export function assertStored(memory: RingMemory, expected: readonly number[], what: string): void {
  assertEquals(seqs(memory), expected, what);
  for (const stored of storedSubbufs(memory)) {
    const { seq, index, dataSize } = stored;
    const [view] = memory.views(index, dataSize);
    assertEquals(new DataView(view.slice().buffer).getUint32(0, true), seq, `${what}: header`);
    const numbers = describedEvents(view.slice(), HEADER);
    assertEquals(numbers, [2 * seq, 2 * seq + 1], `${what}: events of sub-buffer ${seq}`);
    assert(isStored(memory, stored), `${what}: sub-buffer ${seq} is not stored`);
  }
}
