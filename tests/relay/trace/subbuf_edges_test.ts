/*
 * Events at the edges of sub-buffers: what fits, what just does not, what is lost and how that is told.
 */
import { array, string, u32, u8 } from "@ltt/relay/ctf";
import { PAGE_SIZE } from "@ltt/relay/hw";
import { assert, assertEquals } from "@std/assert";
import { TestTrace } from "./support.ts";

/** Bytes for events in a sub-buffer of a page. */
const ROOM = PAGE_SIZE - 84;
const FIELDS = [string("text")] as const;

Deno.test("events that fill a sub-buffer to the last byte make a whole packet", () => {
  using trace = new TestTrace();
  const tracepoint = trace.tracepoint("t", ...FIELDS);
  const first = ROOM - 14 - 1;
  tracepoint("x".repeat(first));
  tracepoint("y".repeat(100));
  const room = ROOM - (6 + 101);
  tracepoint("z".repeat(room - 6 - 1));
  const packets = trace.packets();
  assertEquals(packets.map(({ info }) => [info.contentSize, info.packetSize]), [
    [PAGE_SIZE, PAGE_SIZE],
    [PAGE_SIZE, PAGE_SIZE],
  ]);
  assertEquals(trace.lost, {});
});

Deno.test("an event one byte too long for what is left goes into the next sub-buffer", () => {
  using trace = new TestTrace();
  const tracepoint = trace.tracepoint("t", ...FIELDS);
  tracepoint("x".repeat(1000));
  const used = 14 + 1001;
  tracepoint("y".repeat(ROOM - used - 6 - 1 + 1));
  const sizes = trace.packets().map(({ info }) => info.contentSize - 84);
  assertEquals(sizes, [used, ROOM - used + 1]);
});

Deno.test("an event one byte too long for a sub-buffer is lost as big, and the sub-buffer stays", () => {
  using trace = new TestTrace();
  const tracepoint = trace.tracepoint("t", ...FIELDS);
  tracepoint("a");
  const longest = ROOM - 6 - 1;
  tracepoint("x".repeat(longest + 1));
  tracepoint("b");
  assertEquals([trace.lost, trace.state.lost[0], trace.state.events[0]], [{ big: 1 }, 1, 2]);
  const events = trace.events([{ id: 0, fields: FIELDS }]);
  assertEquals(events.map(({ fields: { text } }) => text), ["a", "b"]);
});

Deno.test("events lost in discard mode are counted by cause, by tracepoint, and in the next packets", () => {
  using trace = new TestTrace();
  const fields = [array(u8("x"), 1000), u32("n")] as const;
  const tracepoint = trace.tracepoint("t", ...fields);
  const other = trace.tracepoint("other", ...FIELDS);
  let tried = 0;
  const fill = (): void => {
    for (let i = 0; i < 20; i++) tracepoint([], tried++);
  };
  fill();
  other("z".repeat(5000));
  assertEquals(trace.lost, { full: 14, big: 1 });
  const before = trace.packets();
  assertEquals(before.map(({ info }) => info.eventsDiscarded), [0, 15]);
  fill();
  const after = trace.packets();
  assertEquals(after.map(({ info }) => info.eventsDiscarded), [15, 15 + 14]);
  assertEquals([...before, ...after].map(({ info }) => info.seq), [0, 1, 2, 3]);
  assertEquals([trace.state.lost[0], trace.state.lost[1], trace.lost], [28, 1, {
    full: 28,
    big: 1,
  }]);
  assertEquals(trace.state.events[0] + trace.state.lost[0], tried);
});

Deno.test("events written over in overwrite mode leave a gap in the packets' numbers, and none is lost", () => {
  using trace = new TestTrace({ mode: "overwrite", nSubbufs: 4 });
  const fields = [array(u8("x"), 1000), u32("n")] as const;
  const tracepoint = trace.tracepoint("t", ...fields);
  for (let n = 0; n < 31; n++) tracepoint([], n);
  const packets = trace.packets();
  assertEquals(packets.map(({ info }) => [info.seq, info.eventsDiscarded]), [
    [7, 0],
    [8, 0],
    [9, 0],
    [10, 0],
  ]);
  assertEquals([trace.lost, trace.state.events[0]], [{}, 31]);
});

Deno.test("a packet without events is its header alone", () => {
  using trace = new TestTrace();
  trace.tracepoint("t", ...FIELDS)("x");
  trace.packets();
  trace.ring.writer.flush("even-if-empty");
  const [{ info }] = trace.packets();
  assertEquals([info.contentSize, info.packetSize, info.seq], [84, PAGE_SIZE, 1]);
  assertEquals(info.timestampBegin, info.timestampEnd);
});

Deno.test("a packet has zeros behind its events, up to a page", () => {
  using trace = new TestTrace({ subbufSize: 4 * PAGE_SIZE });
  trace.tracepoint("t", ...FIELDS)("x".repeat(PAGE_SIZE));
  const [{ info, bytes }] = trace.packets();
  assertEquals([info.packetSize, bytes.length], [2 * PAGE_SIZE, 2 * PAGE_SIZE]);
  assert(bytes.subarray(info.contentSize).every((byte) => byte === 0));
});

Deno.test("packets say the trace and the CPU they belong to", () => {
  using trace = new TestTrace();
  trace.tracepoint("t", ...FIELDS)("x");
  const [{ info, bytes }] = trace.packets();
  assertEquals(bytes.slice(4, 20), trace.uuid);
  assertEquals(info.cpu, 0);
});
