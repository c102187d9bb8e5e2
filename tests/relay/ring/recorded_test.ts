import { KernelError } from "@ltt/relay/hw";
import {
  LOST_BIG,
  LOST_FULL,
  LOST_WRAP,
  type LostCounts,
  type RingReader,
  RingWriter,
  type Subbuf,
} from "@ltt/relay/ring";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ID, NOREF, OFFSET, OPENED, READER_ID } from "../../../relay/ring/control.ts";
import v1 from "../../vectors/recorded/ltt_v1_reserve_commit.txt" with { type: "text" };
import v2 from "../../vectors/recorded/ltt_v2_model.txt" with { type: "text" };
import { commitCounts, dataOf, deliveredCounts, NOTHING_LOST, TestRing } from "./support.ts";

/** A line of a recording that tells a state, and the events before it. */
interface Step {
  readonly line: string;
  readonly operation: string;
  readonly events: string[];
  readonly state: string;
}

interface Run {
  readonly nSubbufs: number;
  readonly mode: "discard" | "overwrite";
  readonly steps: Step[];
}

/** The runs of the first recording, by the letters of their names. The first one has no name. */
function parseV1(): Map<string, Run> {
  const runs = new Map<string, Run>();
  let name = "A";
  let events: string[] = [];
  for (const line of v1.trimEnd().split("\n")) {
    const init = line.match(/^INIT sb=4096 n=(\d+) ow=([01])$/);
    if (init) {
      const mode = init[2] === "1" ? "overwrite" : "discard";
      runs.set(name, { nSubbufs: Number(init[1]), mode, steps: [] });
    } else if (line.startsWith("== ")) {
      name = line.split(" ")[1];
    } else if (line.startsWith("    ")) {
      events.push(line.trim());
    } else {
      const step = line.match(/^ {2}(\S.*?)\s+(off=.*)$/);
      if (step === null) continue;
      // The ring leaves out what "corr" counts: events are dropped instead.
      const state = step[2].replace(/ corr=\d+/, "");
      runs.get(name)!.steps.push({ line, operation: step[1], events, state });
      events = [];
    }
  }
  return runs;
}

/** The runs of the second recording; its events are of the line that tells them. */
function parseV2(): Run[] {
  const runs: Run[] = [];
  for (const line of v2.trimEnd().split("\n")) {
    const step = line.match(/^(.*?) +(off=.* r=\S+) \[(.*)\]$/);
    if (step === null) {
      runs.push({ nSubbufs: 2, mode: "overwrite", steps: [] });
      continue;
    }
    const events = [...step[3].matchAll(/'deliver(\d)'/g)].map(([, idx]) => `deliver idx=${idx}`);
    runs.at(-1)!.steps.push({ line, operation: step[1], events, state: step[2] });
  }
  return runs;
}

/** A ring that writes down what it does in the words of the recordings. */
class Replay {
  readonly test: TestRing;
  readonly writer: RingWriter;
  readonly reader: RingReader;
  held: Subbuf | null = null;
  events: string[] = [];
  /** What it reserves in its first callback, where nothing can be reserved. */
  static readonly inCallback = 10;
  #delivered: number[] = [];
  /** Addresses of open slots, by place in the buffer, with what `commit` takes. */
  readonly #slots = new Map<number, number>();

  constructor({ nSubbufs, mode }: Run, headerSize: number, reserveInCallback = false) {
    this.test = new TestRing({ nSubbufs, mode, headerSize });
    const { memory } = this.test;
    this.#delivered = deliveredCounts(memory);
    const idx = (): number => memory.geometry.subbufIndex(memory.control[OPENED]);
    this.writer = new RingWriter(memory, null, {
      headerSize,
      bufferBegin: (_header, seq) => {
        this.noteDelivered();
        this.events.push(`begin idx=${idx()}`);
        if (seq === 0 && reserveInCallback) this.writer.reserve(Replay.inCallback);
      },
      bufferEnd: (_header: number, dataSize: number, _lost: LostCounts) => {
        this.events.push(`end idx=${idx()} lost=${memory.geometry.subbufSize - dataSize}`);
      },
    });
    this.reader = this.test.reader();
    this.writer.attach();
    this.events = [];
  }

  noteDelivered(): void {
    for (const [idx, count] of deliveredCounts(this.test.memory).entries()) {
      if (count !== this.#delivered[idx]) this.events.push(`deliver idx=${idx}`);
      this.#delivered[idx] = count;
    }
  }

  get state(): string {
    const { memory, offset, consumed } = this.test;
    const lost = Object.values(this.writer.lost).reduce((sum, count) => sum + count, 0);
    return `off=${offset} cons=${consumed} lost=${lost} cc=${commitCounts(memory)}`;
  }

  get exchangeState(): string {
    const { memory: { words, records, control, geometry }, offset, consumed, memory } = this.test;
    const lost = Object.values(this.writer.lost).reduce((sum, count) => sum + count, 0);
    const list = (counts: number[]): string => `[${counts.join(", ")}]`;
    const places = records.slice(0, geometry.nSubbufs).map((record) => {
      const id = words[record + ID];
      return `${geometry.subbufOf(id)}${id & NOREF ? "n" : "R"}`;
    });
    const spare = `${geometry.subbufOf(control[READER_ID])}${this.held === null ? "n" : "R"}`;
    const counts = `cc=${list(commitCounts(memory))} ccsb=${list(deliveredCounts(memory))}`;
    return `off=${offset} cons=${consumed} lost=${lost} ${counts} w=${places.join("")} r=${spare}`;
  }

  /** Reserves a slot at `at` that ends at `end`, offsets that were recorded. */
  reserve(at: number, end: number, alignment = 1): void {
    const { geometry, runs } = this.test.memory;
    const address = this.writer.reserve(end - at, alignment);
    // In overwrite mode another sub-buffer may stand in the place.
    assert(
      runs.some(([{ base }]) => address === base + (at & (geometry.subbufSize - 1))),
      `slot at ${at}: reserve() answered ${address}`,
    );
    this.#slots.set(at, this.writer.openSlot());
  }

  commit(at: number): void {
    this.writer.commit(this.#slots.get(at));
    this.#slots.delete(at);
  }

  get(): string {
    // A second GET without a PUT is a TypeError here, so the first one is put back.
    if (this.held !== null) this.reader.putSubbuf();
    this.held = this.reader.getNextSubbuf();
    return this.held === null ? "-EAGAIN" : `0 -> ${this.held.position}`;
  }

  put(): void {
    this.held = null;
    this.reader.putNextSubbuf();
  }

  /** Goes a step of the first recording; slots start at multiples of `alignment`. */
  step({ line, operation, events, state }: Step, alignment = 1): void {
    this.operate(operation, state, alignment);
    this.noteDelivered();
    assertEquals(this.events, events, `events of "${line.trim()}"`);
    assertEquals(this.state, state, `state after "${line.trim()}"`);
    this.events = [];
  }

  operate(operation: string, state: string, alignment: number): void {
    const numbers = [...operation.matchAll(/\d+/g)].map(Number);
    const offset = Number(state.match(/off=(\d+)/)![1]);
    if (/^reserve\(\d+\)=0/.test(operation)) this.reserve(numbers[2], offset, alignment);
    else if (/^reserve\(\d+\) = -28/.test(operation)) this.refused(numbers[0]);
    else if (operation.startsWith("commit")) this.commit(numbers[0]);
    else if (operation.startsWith("get")) {
      const [, recorded] = operation.match(/^get = (0 -> \d+|-EAGAIN)/)!;
      assertEquals(this.get(), recorded);
    } else if (operation.startsWith("put")) this.put();
    else if (operation.includes("ACTIVE")) this.writer.flush("active");
    // Recorded rings can go on after a FLUSH, as here after "dead", which leaves a lone header alone.
    else if (operation.includes("FLUSH")) this.writer.flush(this.hasSlots() ? "dead" : "final");
    else assert(operation.startsWith("initial"), `unknown operation "${operation}"`);
  }

  /** Whether the sub-buffer, if one is open, holds more than its header. */
  hasSlots(): boolean {
    return (this.test.memory.control[OFFSET] & 4095) !== this.test.memory.headerSize;
  }

  /** Asks for an event of so many bytes and its header, which is refused. */
  refused(payload: number): void {
    const answer = this.writer.reserve(payload + 4);
    assertEquals(answer, payload + 4 > 4096 - 60 ? LOST_BIG : LOST_FULL);
  }

  [Symbol.dispose](): void {
    this.reader.close();
    this.writer.detach();
    this.test[Symbol.dispose]();
  }
}

const V1 = parseV1();
const HEADER_SIZE_V1 = 60;
const HEADER_SIZE_V2 = 68;

const title = (name: string, what: string): string =>
  `RingWriter and RingReader do what was recorded, run ${name}: ${what}`;

for (
  const [name, what, alignment] of [
    ["A", "events over three sub-buffers, in discard mode", 1],
    ["A2", "an event fills a sub-buffer to its end", 1],
    ["B", "all sub-buffers full, in discard mode", 1],
    ["D", "events that are too big", 1],
    ["E", "a nested event switches sub-buffers", 1],
    ["F", "an event between two", 1],
    ["G", "forced switches", 1],
    ["G2", "a forced switch that opens no sub-buffer", 1],
    ["K", "slots of 14, 26 and 14 bytes", 1],
    ["O", "aligned slots", 4],
  ] as const
) {
  Deno.test(title(name, what), () => {
    const run = V1.get(name)!;
    using replay = new Replay(run, HEADER_SIZE_V1);
    for (const step of run.steps) replay.step(step, alignment);
  });
}

Deno.test(title("C", "what the reader holds stays as it is, by the rule of V2"), () => {
  const run = V1.get("C")!;
  using replay = new Replay(run, HEADER_SIZE_V1);
  let was = new Uint8Array(0);
  let compared = false;
  for (const step of run.steps) {
    // V1 answers -EIO here, for the data was overwritten.
    if (step.operation === "put = -EIO") {
      assertEquals(dataOf(replay.held!), was, "data after the writer has come round");
      compared = true;
    }
    replay.step(step);
    if (step.operation.startsWith("get") && !compared) was = dataOf(replay.held!);
  }
  assert(compared, "the recording has a stale PUT");
});

for (const name of ["H", "I"]) {
  Deno.test(
    title(name, "an event whose sub-buffer holds an open slot is dropped, by the rule of V2"),
    () => {
      const run = V1.get(name)!;
      using replay = new Replay(run, HEADER_SIZE_V1);
      const steps = run.steps.slice(0, run.steps.findIndex(({ line }) => line.includes("corr=1")));
      for (const step of steps) replay.step(step);

      assertEquals(replay.writer.reserve(1504), LOST_WRAP);

      assertEquals(replay.events, [], "nothing was closed or opened");
      assertEquals(replay.state, steps.at(-1)!.state.replace("lost=0", "lost=1"));
      replay.commit(60);
      replay.noteDelivered();
      assertEquals(replay.events, ["deliver idx=0"]);
    },
  );
}

Deno.test(title("J", "an event nested too deeply, which here is one within a callback"), () => {
  const run = V1.get("J")!;
  using replay = new Replay(run, HEADER_SIZE_V1, true);
  assertEquals(replay.state, run.steps[0].state);
  assertEquals(replay.writer.lost, { ...NOTHING_LOST, nested: 1 });
  for (const step of run.steps.slice(1)) replay.step(step);
});

for (const name of ["L", "N"]) {
  Deno.test(title(name, "a PUT without a GET is refused, not taken as V1 does"), () => {
    const run = V1.get(name)!;
    using replay = new Replay(run, HEADER_SIZE_V1);
    const steps = run.steps.slice(0, run.steps.findIndex(({ line }) => line.includes("put")));
    for (const step of steps) replay.step(step);

    assertThrows(() => replay.put(), TypeError, "none is held");

    assertEquals(replay.state, steps.at(-1)!.state);
  });
}

for (const name of ["M", "M2"]) {
  Deno.test(`RingChannel.open() refuses the single sub-buffer of run ${name}`, () => {
    const { nSubbufs, mode } = V1.get(name)!;
    const error = assertThrows(() => new TestRing({ nSubbufs, mode }), KernelError);
    assertEquals(error.code, "EINVAL");
  });
}

Deno.test(title("P", "forced switches close nothing without an event, by the rule of V2"), () => {
  const run = V1.get("P")!;
  using replay = new Replay(run, HEADER_SIZE_V1);
  const first = run.steps.findIndex(({ operation }) => operation === "FORCE_ACTIVE");
  for (const step of run.steps.slice(0, first + 1)) replay.step(step);
  const { state } = run.steps[first];
  for (const { operation } of run.steps.slice(first + 1)) {
    if (operation === "FORCE_ACTIVE") assertEquals(replay.writer.flush("active"), false);
    else replay.operate(operation, "off=0", 1);
    assertEquals(replay.events, [], operation);
  }
  assertEquals(replay.state, state.replace("cons=0", "cons=4096"));
});

for (
  const [i, what] of [
    "the reader holds a sub-buffer while the writer goes round (W1 to W6)",
    "a slot stays open for a lap (W7, W8)",
    "the writer is in the sub-buffer exchanged before",
  ].entries()
) {
  Deno.test(`RingWriter and RingReader exchange sub-buffers as recorded: ${what}`, () => {
    const run = parseV2()[i];
    using replay = new Replay(run, HEADER_SIZE_V2);
    let open = 0;
    for (const { line, operation, events, state } of run.steps) {
      const payload = Number(operation.match(/\((\d+)\)/)?.[1]);
      const at = Number(operation.match(/@(\d+)/)?.[1]);
      const offset = Number(state.match(/off=(\d+)/)![1]);
      if (operation.startsWith("event")) {
        replay.reserve(at, at + payload + 4);
        replay.commit(at);
      } else if (operation.startsWith("reserve only")) {
        const { subbufSize } = replay.test.memory.geometry;
        open = (offset & -subbufSize) + HEADER_SIZE_V2;
        replay.reserve(open, offset);
      } else if (operation.startsWith("reserve(")) {
        assertEquals(replay.writer.reserve(payload + 4), LOST_WRAP, line);
      } else if (operation === "late commit") replay.commit(open);
      else if (operation.startsWith("get")) {
        assertEquals(replay.get(), `0 -> ${operation.slice(4)}`, line);
      } else if (operation.startsWith("put")) replay.put();
      else assertEquals(operation, "init");
      replay.noteDelivered();
      assertEquals(replay.events.filter((event) => event.startsWith("deliver")), events, line);
      assertEquals(replay.exchangeState, state, line);
      replay.events = [];
    }
    if (replay.writer.lost.wrap === 0 && open > 0) replay.commit(open);
  });
}
