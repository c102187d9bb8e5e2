import { Machine } from "@ltt/relay/hw";
import { Relay } from "@ltt/relay/relay";
import { RingChannel } from "@ltt/relay/ring";
import { assert } from "@std/assert";
import { writeEvents } from "./events.ts";

for (const mode of ["discard", "overwrite"] as const) {
  Deno.test(`reserve() and commit() make no garbage (${mode})`, () => {
    using channel = RingChannel.open(Relay.start(new Machine()), {
      baseFilename: "trace",
      subbufSize: 2 ** 20,
      nSubbufs: 4,
      mode,
    });
    const { writer } = channel.buf[0]!;
    const reader = channel.buf[0]!.reader();
    const round = (): number => {
      const before = Deno.memoryUsage().heapUsed;
      for (let i = 0; i < 20; i++) {
        writeEvents(writer, 500_000 * i, 500_000);
        if (mode === "discard") { while (reader.getNextSubbuf() !== null) reader.putNextSubbuf(); }
      }
      return Deno.memoryUsage().heapUsed - before;
    };
    // A round is 10^7 events, 153 sub-buffers: one object an event would be more than 100 MB. What
    // a switch makes, and the reader, is a few hundred bytes for each sub-buffer.
    // A collection may fall into one; so there are up to six, until one shows it.
    const showsIt = (bytes: number): boolean => bytes >= 0 && bytes < 400_000;
    const grown: number[] = [];
    do grown.push(round()); while (!showsIt(grown.at(-1)!) && grown.length < 6);
    assert(showsIt(grown.at(-1)!), `the heap grew by ${grown}`);
    reader.close();
  });
}
