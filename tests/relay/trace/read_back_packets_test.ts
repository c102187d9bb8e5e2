/*
 * What babeltrace2 makes of a stream's packets: of those that are full, open, empty, lost or written
 * over, and of their times.
 */
import { array, string, u32, u8 } from "@ltt/relay/ctf";
import { assert, assertEquals } from "@std/assert";
import { babeltrace, BABELTRACE_MISSING } from "../ctf/babeltrace.ts";
import { sumOf } from "./read_back.ts";
import { TestTrace, withDirectory } from "./support.ts";

const ignore = BABELTRACE_MISSING;

Deno.test("what is lost is what babeltrace2 says is lost", { ignore }, async () => {
  await withDirectory(async (directory) => {
    using trace = new TestTrace();
    const consumed = trace.consume(directory);
    const tracepoint = trace.tracepoint("t", u32("n"), array(u8("pad"), 500));
    const large = trace.tracepoint("large", string("text"));
    let n = 0;
    for (let i = 0; i < 3; i++) tracepoint(n++, []);
    trace.ring.writer.flush("active");
    // In a packet in the middle, by both causes, and in the last.
    large("x".repeat(5000));
    for (let i = 0; i < 100; i++) tracepoint(n++, []);
    consumed.drain();
    for (let i = 0; i < 5; i++) tracepoint(n++, []);
    consumed.drain();
    for (let i = 0; i < 50; i++) tracepoint(n++, []);
    consumed.close();
    const { events, exitCode, discarded, uncounted } = await babeltrace(directory);
    const { full, big } = trace.ring.lost;
    assert(full > 100 && big === 1, "some were lost");
    assertEquals(events.length + full, n);
    assertEquals([exitCode, sumOf(discarded, "events"), uncounted], [0, full + big, []]);
    assertEquals(sumOf(discarded, "packets"), 0);
  });
});

Deno.test("what is lost behind a last packet that is full is what babeltrace2 says is lost", {
  ignore,
}, async () => {
  await withDirectory(async (directory) => {
    using trace = new TestTrace();
    const tracepoint = trace.tracepoint("t", string("text"));
    const room = 4096 - 84;
    for (const header of [14, 6]) tracepoint("x".repeat(room - header - 1));
    for (let i = 0; i < 7; i++) tracepoint("lost");
    trace.consume(directory).close();
    const { events, exitCode, discarded } = await babeltrace(directory);
    assertEquals([events.length, exitCode, sumOf(discarded, "events")], [2, 0, 7]);
    assertEquals(sumOf(discarded, "packets"), 0);
  });
});

Deno.test(
  "what is written of an open packet is replaced by the whole one",
  { ignore },
  async () => {
    await withDirectory(async (directory) => {
      using trace = new TestTrace();
      const tracepoint = trace.tracepoint("t", u32("n"));
      const consumed = trace.consume(directory);
      for (let n = 0; n < 5; n++) {
        tracepoint(n);
        consumed.flush();
        const { events, exitCode, discarded } = await babeltrace(directory);
        assertEquals([events.length, exitCode, discarded], [n + 1, 0, []]);
      }
      consumed.close();
      const { events, exitCode } = await babeltrace(directory);
      assertEquals([events.map(({ fields: { n } }) => n), exitCode], [[0, 1, 2, 3, 4], 0]);
    });
  },
);

Deno.test("what is lost before the first packet ends is said by babeltrace2, without a number", {
  ignore,
}, async () => {
  await withDirectory(async (directory) => {
    using trace = new TestTrace();
    const tracepoint = trace.tracepoint("t", string("text"));
    tracepoint("x".repeat(5000));
    tracepoint("x");
    trace.consume(directory).close();
    const { events, exitCode, discarded, uncounted } = await babeltrace(directory);
    assertEquals([events.length, exitCode, discarded], [1, 0, []]);
    assertEquals(uncounted, [{ what: "events", stream: `${directory}/channel0_0` }]);
  });
});

Deno.test("packets written over are what babeltrace2 says is lost", { ignore }, async () => {
  await withDirectory(async (directory) => {
    using trace = new TestTrace({ mode: "overwrite", nSubbufs: 4 });
    const consumed = trace.consume(directory);
    const tracepoint = trace.tracepoint("t", u32("n"), array(u8("pad"), 1000));
    for (let n = 0; n < 3; n++) tracepoint(n, []);
    tracepoint(3, []);
    consumed.drain(); // packet 0
    for (let n = 4; n < 40; n++) tracepoint(n, []); // up to packet 13
    consumed.close();
    const { events, exitCode, discarded } = await babeltrace(directory);
    const read = events.map(({ fields: { n } }) => n as number);
    assertEquals(read, [0, 1, 2, ...Array.from({ length: 10 }, (_, i) => 30 + i)]);
    assertEquals([exitCode, sumOf(discarded, "packets"), sumOf(discarded, "events")], [0, 9, 0]);
  });
});

Deno.test("packets without events are read past", { ignore }, async () => {
  await withDirectory(async (directory) => {
    using trace = new TestTrace();
    const consumed = trace.consume(directory);
    const tracepoint = trace.tracepoint("t", u32("n"));
    for (const n of [1, 2, 3]) {
      trace.ring.writer.flush("even-if-empty");
      consumed.drain();
      tracepoint(n);
      trace.ring.writer.flush("active");
      consumed.drain();
      trace.time += 2 ** 33;
    }
    consumed.close();
    const { events, exitCode, discarded } = await babeltrace(directory);
    assertEquals(events.map(({ fields: { n } }) => n), [1, 2, 3]);
    assertEquals([exitCode, discarded], [0, []]);
  });
});

Deno.test("a packet that is filled to the last byte is read", { ignore }, async () => {
  await withDirectory(async (directory) => {
    using trace = new TestTrace({ nSubbufs: 4 });
    const tracepoint = trace.tracepoint("t", string("text"));
    const texts = [
      "a",
      "x".repeat(4096 - 84 - 14 - 2 - 6 - 1),
      "b",
      "y".repeat(4096 - 84 - 6 - 2 - 6 - 1),
      "c",
    ];
    for (const one of texts) tracepoint(one);
    trace.consume(directory).close();
    const { events, exitCode } = await babeltrace(directory);
    assertEquals([events.map(({ fields: { text } }) => text), exitCode], [texts, 0]);
    const sizes = new Uint8Array(await Deno.readFile(`${directory}/channel0_0`)).length;
    assertEquals(sizes, 3 * 4096);
  });
});

Deno.test("a clock that jumps, stands, goes back and says NaN makes a trace that is read", {
  ignore,
}, async () => {
  await withDirectory(async (directory) => {
    const high = 2 ** 32;
    const times = [
      NaN,
      5,
      high - 1,
      high,
      high,
      NaN,
      3,
      3 * high + 1,
      2 * high,
      2 ** 52,
      NaN,
      0,
      2 ** 52 + 1,
    ];
    const kept = [
      0,
      5,
      high - 1,
      high,
      high,
      high,
      high,
      3 * high + 1,
      3 * high + 1,
      2 ** 52,
      2 ** 52,
      2 ** 52,
    ];
    let next = 0;
    using trace = new TestTrace({ now: () => times[next++], nSubbufs: 16 });
    const tracepoint = trace.tracepoint("t", u32("n"), array(u8("pad"), 1500));
    for (const n of times.keys()) tracepoint(n, []);
    trace.consume(directory).close();
    const { events, exitCode, stderr } = await babeltrace(directory);
    assertEquals(exitCode, 0, stderr);
    assertEquals(events.map(({ timestampNs }) => Number(timestampNs)), [...kept, 2 ** 52 + 1]);
  });
});
