import { bytesSource, CtfError, TraceReader } from "@ltt/relay/ctf";
import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { readAll, WatchedSource } from "../reading.ts";
import { smallFile, smallMetadata, smallTrace } from "../small_trace.ts";

const times = (events: Iterable<{ readonly time: number }>): number[] =>
  Array.from(events, ({ time }) => time);

Deno.test("next() gives the events of all streams by time", () => {
  const one = smallFile({ seq: 0, times: [10, 40, 70] }, { seq: 1, times: [80, 81] });
  const two = smallFile({ cpu: 1, seq: 0, times: [20, 50] }, { cpu: 1, seq: 1, times: [79, 90] });
  const three = smallFile({ cpu: 2, seq: 0, times: [30] });
  const { reader, events } = readAll([smallTrace(one, two, three)]);
  assertEquals(times(events), [0, 10, 20, 30, 40, 60, 69, 70, 71, 80]);
  assertEquals(events.map(({ cpu }) => cpu), [0, 1, 2, 0, 1, 0, 1, 0, 0, 1]);
  assertEquals(reader.beginNs, 1010n);
});

Deno.test("next() gives events of the same time in the order of their streams", () => {
  const files = [0, 1, 2, 3].map((cpu) => smallFile({ cpu, seq: 0, times: [5, 5, 6] }));
  const { events } = readAll([smallTrace(...files)]);
  assertEquals(events.map(({ cpu }) => cpu), [0, 0, 1, 1, 2, 2, 3, 3, 0, 1, 2, 3]);
});

Deno.test("next() tells an event's class, packet and fields", () => {
  const file = smallFile({ cpu: 3, seq: 0, times: [7], text: "hello" });
  const [event] = readAll([smallTrace(file)]).events;
  assertEquals([event.class.name, event.class.id, event.class.loglevel], ["text", 1, 13]);
  assertEquals([event.cpu, event.packetContext], [3, { cpu_id: 3 }]);
  assertEquals(event.fields, { n: 7, text: "hello" });
  assertEquals([event.context, event.streamContext], [null, null]);
});

Deno.test("next() has what was lost told between the packets before and behind it", () => {
  const file = smallFile(
    { seq: 0, times: [10, 20] },
    { seq: 1, times: [30, 40], lost: 5 },
    { seq: 2, times: [50], lost: 5 },
    { seq: 3, times: [60], lost: 3 },
    { seq: 4, times: [70], lost: 6 },
  );
  const order: string[] = [];
  const reader = new TraceReader([smallTrace(file)], {
    onLost: ({ begin, end, count, cpu }) => order.push(`${count} of ${cpu}: ${begin}-${end}`),
  });
  for (const { time } of reader) order.push(`${time}`);
  assertEquals(order, ["0", "10", "5 of 0: 10-30", "20", "30", "40", "50", "1 of 0: 50-60", "60"]);
});

Deno.test("next() has what was lost before the first packet's end told at its begin", () => {
  const { lost } = readAll([smallTrace(smallFile({ seq: 9, times: [10, 20], lost: 4 }))]);
  assertEquals(lost, [{ cpu: 0, begin: 0, end: 10, count: 4, stream: "file0" }]);
});

Deno.test("next() shows a packet once that is in two parts of a trace", () => {
  const first = smallFile({ seq: 0, times: [1, 2] }, { seq: 1, times: [3, 4], lost: 1 });
  const second = smallFile({ seq: 1, times: [3, 4], lost: 1 }, { seq: 2, times: [5], lost: 2 });
  const { events, lost } = readAll([smallTrace(first), smallTrace(second)]);
  assertEquals(times(events), [0, 1, 2, 3, 4]);
  assertEquals(lost.map(({ count }) => count), [1, 1]);
});

Deno.test("next() puts packets of a stream in order that are in several files by turns", () => {
  const even = smallFile({ seq: 0, times: [1] }, { seq: 2, times: [3] }, { seq: 4, times: [5] });
  const odd = smallFile({ seq: 1, times: [2] }, { seq: 3, times: [4] }, { seq: 5, times: [6] });
  assertEquals(times(readAll([smallTrace(even), smallTrace(odd)]).events), [0, 1, 2, 3, 4, 5]);
});

Deno.test("next() reads traces with clocks of different origins by the time since the epoch", () => {
  const file = smallFile({ seq: 0, times: [100, 300] });
  const other = crypto.getRandomValues(new Uint8Array(16));
  const late = smallFile({ seq: 0, times: [0, 150] });
  late.set(other, 4);
  const { reader, events } = readAll([smallTrace(file), {
    metadata: smallMetadata(other, 1200n),
    streams: [{ name: "late", source: bytesSource(late) }],
  }]);
  assertEquals(reader.beginNs, 1100n);
  assertEquals(times(events), [0, 100, 200, 250]);
});

Deno.test("next() counts times from where clocks begin, whatever has none", () => {
  const metadata = `/* CTF 1.8 */
typealias integer { size = 8; align = 8; signed = false; } := uint8_t;
trace { major = 1; minor = 8; byte_order = le; };
event { name = "e"; fields := struct { uint8_t n; }; };`;
  const streams = [{ name: "timeless", source: bytesSource(new Uint8Array([7])) }];
  const timeless = { metadata: new TextEncoder().encode(metadata), streams };
  // More than 104 days behind 0, from where no time would be exact.
  const late = 2 ** 60;
  const { reader, events, errors } = readAll([
    timeless,
    smallTrace(smallFile({ seq: 0, times: [late, late + 1024] })),
  ]);
  assertEquals([errors, reader.beginNs], [[], BigInt(late) + 1000n]);
  assertEquals(times(events), [0, 0, 1024]);
});

Deno.test("next() reads packets and events that are longer than what it keeps", () => {
  const many = Array.from({ length: 40_000 }, (_, i) => i);
  const source = new WatchedSource(smallFile(
    { seq: 0, times: many },
    { seq: 1, times: [50_000], text: "x".repeat(5_000_000) },
    { seq: 2, times: [60_000, 60_001], text: "y".repeat(300_000) },
  ));
  const { events, errors } = readAll([
    { metadata: smallMetadata(), streams: [{ name: "a", source }] },
  ]);
  assertEquals(errors, []);
  assertEquals(times(events), [...many, 50_000, 60_000, 60_001]);
  const lengths = events.slice(-3).map(({ fields }) => String(fields.text).length);
  assertEquals(lengths, [5_000_000, 300_000, 300_000]);
  assert(source.most <= 2 ** 24, `${source.most} bytes at once`);
});

Deno.test("next() refuses an event that is longer than what it keeps at most", () => {
  const file = smallFile({ seq: 0, times: [1], text: "x".repeat(2 ** 24) });
  const { events, errors: [error] } = readAll([smallTrace(file)]);
  assertEquals([events.length, error.file, error.offset], [0, "file0", 84]);
  assert(error.message.includes("it is longer than"), error.message);
});

Deno.test("next() gives the events of other files when one is damaged", () => {
  const damaged = smallFile({ seq: 0, times: [1, 2] }, { seq: 1, times: [7] });
  damaged[84 + 22 * 2] ^= 1;
  const whole = smallFile({ cpu: 1, seq: 0, times: [1, 3, 9] });
  const { events, errors } = readAll([smallTrace(damaged, whole)]);
  assertEquals(times(events), [0, 0, 1, 2, 8]);
  assertEquals(errors.map(({ file, offset }) => [file, offset]), [["file0", 128]]);
});

Deno.test("next() refuses a packet that is cut off", () => {
  const file = smallFile({ seq: 0, times: [1] }, { seq: 1, times: [2] });
  const { events, errors: [error] } = readAll([smallTrace(file.subarray(0, -1))]);
  assertEquals([events.length, error.offset], [1, 106]);
  const message = "Cannot read a packet: of 106 bytes only 105 bytes are there (file0, byte 106)";
  assertEquals(error.message, message);
});

Deno.test("next() refuses an event that is older than the one before", () => {
  const file = smallFile({ seq: 0, times: [5, 9, 8] });
  const { events, errors: [error] } = readAll([smallTrace(file)]);
  assertEquals(times(events), [0, 4]);
  assert(error.message.startsWith("Cannot read an event: it is of 3 ns"), error.message);
});

Deno.test("next() refuses a packet of another trace, and one of an unknown stream", () => {
  const [foreign, unknown] = [smallFile({ seq: 0, times: [5] }), smallFile({ seq: 0, times: [5] })];
  foreign[4] ^= 255;
  unknown[20] = 9;
  const messages = readAll([smallTrace(foreign, unknown)]).errors.map(({ message }) => message);
  assert(messages[0].includes("it is of trace 95d89fc3"), messages[0]);
  assertEquals(messages[1], "Cannot read a packet: there is no stream 9 (file1, byte 0)");
});

Deno.test("seek() goes to the first event at a time or later, forwards and back", () => {
  const one = smallFile(
    { seq: 0, times: [10, 20] },
    { seq: 1, times: [30, 40], lost: 2 },
    { seq: 2, times: [50, 60], lost: 5 },
  );
  const two = smallFile({ cpu: 1, seq: 0, times: [15, 55] });
  const lost: number[] = [];
  const reader = new TraceReader([smallTrace(one, two)], {
    onLost: ({ count }) => lost.push(count),
  });
  reader.seek(25);
  assertEquals(times(reader), [30, 40, 45, 50]);
  assertEquals(lost, [2, 3]);
  reader.seek(31);
  assertEquals(times(reader), [40, 45, 50]);
  assertEquals(lost, [2, 3, 3], "what may have been lost at 31 or later");
  reader.seek(0);
  assertEquals(times(reader), [0, 5, 10, 20, 30, 40, 45, 50]);
  assertEquals(lost, [2, 3, 3, 2, 3]);
  reader.seek(51);
  assertEquals(reader.next(), null);
});

Deno.test("streams() says when files begin and end, and whose they are", () => {
  const one = smallFile({ seq: 0, times: [10, 20] }, { seq: 1, times: [30, 40] });
  const reader = new TraceReader([smallTrace(one, smallFile({ cpu: 1, seq: 0, times: [15] }))]);
  assertEquals(reader.streams(), [
    { name: "file0", cpu: 0, begin: 0, end: 30 },
    { name: "file1", cpu: 1, begin: 5, end: 5 },
  ]);
  assertEquals(times(reader), [0, 5, 10, 20, 30]);
});

Deno.test("TraceReader() tells what the metadata says", () => {
  const { env, clocks, eventClasses } = new TraceReader([smallTrace()]);
  assertEquals(env, { hostname: "h" });
  assertEquals(clocks.map(({ name, offset }) => [name, offset]), [["monotonic", 1000n]]);
  assertEquals(eventClasses.map(({ name, id }) => [name, id]), [["number", 0], ["text", 1]]);
});

Deno.test("TraceReader() of nothing, and of empty files, has no events", () => {
  assertEquals(readAll([]).events, []);
  const { reader, events, errors } = readAll([smallTrace(new Uint8Array(0))]);
  assertEquals([events, errors, reader.beginNs], [[], [], 0n]);
});

Deno.test("TraceReader() refuses metadata that makes no sense", () => {
  const metadata = new TextEncoder().encode("/* CTF 1.8 */\ntrace { major = 2; };");
  const error = assertThrows(() => new TraceReader([{ metadata, streams: [] }]), CtfError);
  assertInstanceOf(error, CtfError);
  assertEquals([error.file, error.offset], ["metadata", 14]);
});

Deno.test("TraceReader() reads fields whose names are no names of JavaScript", () => {
  const names = ["_1x", "_0", "_class", "__proto__", "___proto__"];
  const fields = [...names, "tag"].map((name) => `uint8_t ${name};`).join(" ");
  const option = "enum : uint8_t { _2y } e; variant <e> { uint8_t _2y; } v;";
  const metadata = new TextEncoder().encode(`/* CTF 1.8 */
typealias integer { size = 8; align = 8; signed = false; } := uint8_t;
trace { major = 1; minor = 8; byte_order = le; };
event { name = "e"; fields := struct { ${fields} ${option} }; };
`);
  const source = bytesSource(Uint8Array.from([1, 2, 3, 4, 5, 6, 0, 7]));
  const { events, errors } = readAll([{ metadata, streams: [{ name: "s", source }] }]);
  assertEquals(errors, []);
  const read = Object.fromEntries(Object.entries(events[0].fields).map(([k, v]) => [k, v]));
  assertEquals([read["1x"], read["0"], read.class, read.tag], [1, 2, 3, 6]);
  assertEquals(read.v, { "2y": 7 });
});

Deno.test("next() refuses events so late that their times would not be exact", () => {
  const [days, other] = [86_400_000_000_000, crypto.getRandomValues(new Uint8Array(16))];
  const late = smallFile({ seq: 0, times: [days, 5 * days] });
  late.set(other, 4);
  const metadata = smallMetadata(other, BigInt(100 * days));
  const { events, errors } = readAll([smallTrace(smallFile({ seq: 0, times: [0] })), {
    metadata,
    streams: [{ name: "late", source: bytesSource(late) }],
  }]);
  assertEquals(times(events), [0, 101 * days - 1000]);
  assert(errors[0].message.includes("more than 104 days after the first one"), `${errors}`);
});
