/*
 * Traces of random types of fields are read as they were written, and as babeltrace2 reads them.
 * `TRACE_RUNS` says how many, if not the few that CI has time for.
 */
import { bytesSource } from "@ltt/relay/ctf";
import { EventCounter } from "../../../../relay/ctf/reader/event_counter.ts";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { runs, withDirectory } from "../../trace/support.ts";
import { BABELTRACE_MISSING } from "../babeltrace.ts";
import { randomTraceFile } from "../random_format.ts";
import { assertAsBabeltrace, readAll } from "../reading.ts";

Deno.test("TraceReader() reads random fields of any size and alignment as they were written", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { metadata, packets, events } = randomTraceFile(seed);
      const streams = [{ name: "stream", source: bytesSource(joined(packets)) }];
      const reading = readAll([{ metadata, streams }]);
      const found = reading.events.map((event) => ({
        name: event.class.name,
        time: event.time,
        streamContext: event.streamContext,
        fields: event.fields,
      }));
      assertEquals([found, reading.errors], [events, []]);
    }),
    { numRuns: runs(300) },
  );
});

Deno.test("EventCounter.count() counts random events as they were written", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { metadata, packets, counts } = randomTraceFile(seed);
      const counter = new EventCounter(metadata);
      assertEquals(packets.map((packet) => counter.count(packet).events), counts);
    }),
    { numRuns: runs(300) },
  );
});

Deno.test(
  "TraceReader() reads random fields as babeltrace2 does",
  { ignore: BABELTRACE_MISSING },
  async () => {
    const seeds = fc.sample(fc.integer(), { numRuns: runs(25), seed: Date.now() % 2 ** 31 });
    for (const seed of seeds) {
      const { metadata, packets } = randomTraceFile(seed);
      await withDirectory(async (directory) => {
        Deno.writeFileSync(`${directory}/metadata`, metadata);
        Deno.writeFileSync(`${directory}/stream`, joined(packets));
        try {
          await assertAsBabeltrace(directory);
        } catch (error) {
          throw new Error(`seed ${seed}`, { cause: error });
        }
      });
    }
  },
);

function joined(packets: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(packets.reduce((sum, { length }) => sum + length, 0));
  packets.reduce((at, packet) => {
    all.set(packet, at);
    return at + packet.length;
  }, 0);
  return all;
}
