import { Consumer, TraceDirectory } from "../../../relay/consume/mod.ts";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { numbersOf, type Packet, parsePackets, TestStream } from "./support.ts";

const ignore = Deno.permissions.querySync({ name: "write" }).state !== "granted" ||
  Deno.permissions.querySync({ name: "read" }).state !== "granted";

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant("record" as const), n: fc.nat(60) }) },
  fc.record({ act: fc.constantFrom("flush", "drain", "copy", "switch"), n: fc.constant(0) }),
);

/** Packets of the stream's files, in the order they were written. */
function packetsOf(path: string): Packet[] {
  const names = [...Deno.readDirSync(path)].map(({ name }) => name);
  const streams = names.filter((name) => name.startsWith("channel"));
  const packets = streams.flatMap((name) => parsePackets(Deno.readFileSync(`${path}/${name}`)));
  return packets.sort((a, b) => a.seq - b.seq);
}

Deno.test("any order of recording, flushing and draining gives exactly the events in the end", {
  ignore,
}, () => {
  const path = Deno.makeTempDirSync({ prefix: "ltt-consume-" });
  const property = fc.property(
    fc.array(step, { maxLength: 30 }),
    fc.constantFrom(4096, 8192),
    fc.constantFrom(2, 4, 8),
    fc.constantFrom(0, 4096, 20_000),
    fc.constantFrom(false, true),
    (steps, subbufSize, nSubbufs, maxFileSize, isOpenOnly) => {
      using stream = new TestStream({ subbufSize, nSubbufs });
      const directory = new TraceDirectory(`${path}/trace`, {
        maxFileSize,
        maxFiles: 0,
        openFor: isOpenOnly ? [0] : [],
      });
      const consumer = new Consumer(directory, stream.source);
      let n = 0;
      const check = (what: string): void => {
        assertEquals(consumer.failure, null);
        const packets = packetsOf(`${path}/trace`);
        const numbers = numbersOf(packets);
        assertEquals(numbers.length + stream.lost, n, what);
        assertEquals(packets.at(-1)?.eventsDiscarded ?? 0, stream.lost, `lost ${what}`);
        if (stream.lost === 0) assertEquals(numbers, Array.from({ length: n }, (_, i) => i), what);
      };
      for (const [i, { act, n: count }] of steps.entries()) {
        switch (act) {
          case "record":
            stream.record(n, count);
            n += count;
            break;
          case "flush":
            consumer.flush(stream.stream);
            check(`after step ${i}`);
            break;
          case "drain":
            consumer.drain(stream.stream);
            break;
          case "copy": {
            const copy = new TraceDirectory(`${path}/copy`, {
              maxFileSize: 0,
              maxFiles: 0,
              openFor: [],
            });
            const consumer = new Consumer(copy, stream.source);
            consumer.copy(stream.stream);
            consumer.close();
            numbersOf(packetsOf(`${path}/copy`));
            break;
          }
          case "switch":
            stream.writer.flush("active");
        }
      }
      consumer.flush(stream.stream);
      consumer.close();
      check("in the end");
    },
  );
  try {
    fc.assert(property, { numRuns: 150 });
  } finally {
    Deno.removeSync(path, { recursive: true });
  }
});
