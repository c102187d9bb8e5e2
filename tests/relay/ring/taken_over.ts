/** What becomes of a ring whose thread dies here and now: another one takes over, on a copy of RAM. */
import { RingReader, RingWriter } from "@ltt/relay/ring";
import { describedEvent } from "./bytes.ts";
import { allLost, copyRing, readAll, type TestRing } from "./support.ts";

/** A writer on a copy of RAM as it is now, and a reader there. */
export function successor(test: TestRing, client = { headerSize: test.memory.headerSize }) {
  const memory = copyRing(test);
  const doorbells = new Int32Array(new SharedArrayBuffer(4));
  const writer = new RingWriter(memory, null, client);
  const reader = new RingReader(memory, doorbells);
  return { memory, writer, reader };
}

/** Number of the event that a successor writes. */
export const LAST = 999;

/** What can be read once a successor has taken over, written an event if asked to, and flushed. */
export function afterTakeOver(test: TestRing, goOn = false) {
  const { memory, writer, reader } = successor(test);
  writer.takeOver();
  let wentOn = false;
  if (goOn) {
    const address = writer.reserve(8);
    wentOn = address >= 0;
    if (wentOn) {
      memory.bytes.set(describedEvent(8, LAST), address);
      writer.commit();
    }
    // The successor dies too, and leaves nothing to repair.
    writer.takeOver();
  }
  writer.flush("dead");
  writer.detach();
  reader.attach();
  return { lost: allLost(writer.lost), all: readAll(reader), wentOn };
}
