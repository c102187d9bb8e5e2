import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { EventClass } from "../../../../relay/ctf/tsdl/field_class.ts";
import { EnumValue } from "../../../../relay/ctf/reader/trace_event.ts";
import { OpenedTraces } from "../../../../relay/view/opened_traces.ts";
import { Packer } from "../../../../relay/view/picture/pack.ts";
import { unpackNumbers, unpackTexts } from "../../../../relay/view/picture/page/columns.ts";
import { fillLanes, makeLanes } from "../../../../relay/view/picture/page/lanes.ts";
import { State } from "../../../../relay/view/picture/page/state.ts";
import { TraceData } from "../../../../relay/view/picture/page/trace_data.ts";
import { MAX_PICTURE_EVENTS, PictureData } from "../../../../relay/view/picture/picture_data.ts";
import type { PictureFacts } from "../../../../relay/view/picture/picture_format.ts";
import { number, text, writeHandMade } from "../hand_made_trace.ts";
import { event, integerClass, structClass } from "../support.ts";

const facts: PictureFacts = { title: "t", beginNs: "0", environments: {}, lives: [] };

/** What stands behind a description, and the description. */
function bodyOf(packer: Packer): Uint8Array {
  const whole = packer.finish({});
  return whole.subarray(4 + new DataView(whole.buffer).getUint32(0, true));
}

Deno.test("Packer.numbers() keeps every number, whatever bytes they need", () => {
  const integer = fc.oneof(
    fc.integer({ min: -5, max: 300 }),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.constantFrom(2 ** 32 - 1, 2 ** 32, -(2 ** 31), 2 ** 53 - 1, 0),
  );
  const lists = fc.oneof(
    fc.array(integer),
    fc.array(fc.double()),
    fc.array(fc.nat(1000)).map((steps) => steps.map((_, i) => i * 1_000_003)),
  );
  fc.assert(fc.property(fc.array(lists, { minLength: 1, maxLength: 4 }), (all) => {
    const packer = new Packer();
    const packed = all.map((values) => packer.numbers(Float64Array.from(values)));
    const body = bodyOf(packer);
    const read = packed.map((one) => [...unpackNumbers(body, one)]);
    assertEquals(read, all);
  }));
});

Deno.test("Packer.numbers() takes differences where these need fewer bytes", () => {
  const pack = (step: (i: number) => number): [width: number, delta: boolean] => {
    const { width, delta } = new Packer().numbers(
      Float64Array.from({ length: 1000 }, (_, i) => step(i)),
    );
    return [width, delta];
  };
  assertEquals(pack((i) => (i + 1) * 100_000), [0, true]);
  assertEquals(pack((i) => i * 200 + i % 7), [1, true]);
  assertEquals(pack((i) => i % 200), [1, false]);
  assertEquals(pack(() => 1e15), [0, false]);
  assertEquals(pack((i) => i * 2 ** 40), [8, false]);
});

Deno.test("Packer.texts() keeps texts, also of half characters and of what UTF-8 writes longer", () => {
  const packer = new Packer();
  const packed = packer.texts(["", "a", "äöü", "🦕", "x\ud800y"], Float64Array.of(3, 0, 4));
  const body = bodyOf(packer);
  assertEquals(unpackTexts(body, packed), ["", "a", "äöü", "🦕", "x\ufffdy"]);
  assertEquals([...unpackNumbers(body, packed.indices)], [3, 0, 4]);
});

Deno.test("PictureData.finish() tells times, CPUs and fields of all events", () => {
  const data = new PictureData();
  data.push(event("a", 5, { n: -1, text: "x" }));
  data.push(event("b", 7, { big: 2n ** 63n + 1n }, { cpu: 3 }));
  data.push(event("a", 9, { n: 0.5, text: "y" }, { cpu: -1 }));
  const read = new TraceData(data.finish(facts));
  assertEquals([...read.time], [5, 7, 9]);
  assertEquals([0, 1, 2].map((i) => read.cpuOf(i)), [0, 3, -1]);
  assertEquals([0, 1, 2].map((i) => read.nameOf(i)), ["a", "b", "a"]);
  assertEquals(read.fieldsOf(0), [["n", "-1"], ["text", "x"]]);
  assertEquals(read.fieldsOf(1), [["big", "9223372036854775809"]]);
  assertEquals(read.fieldsOf(2), [["n", "0.5"], ["text", "y"]]);
  assertEquals(read.kinds.map(({ events }) => [...events]), [[0, 2], [1]]);
});

Deno.test("PictureData.finish() tells structures field by field, and what has no columns as text", () => {
  const fields = structClass({
    at: structClass({ x: integerClass(), hex: integerClass({ base: 16 }) }),
    kind: {
      kind: "enumeration",
      container: integerClass(),
      mappings: [{ label: "ON", first: 1n, last: 1n }],
    },
    list: { kind: "array", element: integerClass(), length: 2 },
    hexes: { kind: "array", element: integerClass({ base: 16 }), length: 2 },
    _more_length: integerClass(),
    more: {
      kind: "sequence",
      element: { kind: "string", encoding: "utf8" },
      length: { scope: "event fields", names: ["_more_length"] },
    },
  });
  const own: EventClass = {
    name: "s",
    id: 0,
    streamId: 0,
    loglevel: null,
    context: structClass({ worker_name: { kind: "string", encoding: "utf8" } }),
    fields,
  };
  const streamContext = structClass({
    vtid: integerClass(),
    deep: structClass({ name: { kind: "string", encoding: "utf8" } }),
  });
  const packetContext = structClass({ cpu_id: integerClass(), mode: integerClass() });
  const data = new PictureData(() => ({ trace: "", streamContext, packetContext }));
  data.push({
    ...event("s", 1),
    class: own,
    streamContext: { vtid: 77, deep: { name: "z" } },
    packetContext: { cpu_id: 0, mode: 3 },
    context: { worker_name: "w" },
    fields: {
      at: { x: 1, hex: 255 },
      kind: new EnumValue(["ON"], 1),
      list: [1, 2],
      hexes: [16, 0],
      _more_length: 1,
      more: ["x"],
    },
  });
  assertEquals(new TraceData(data.finish(facts)).fieldsOf(0), [
    ["at.x", "1"],
    ["at.hex", "0xff"],
    ["kind", "ON"],
    ["list", "[1 2]"],
    ["hexes", "[0x10 0x0]"],
    ["more", '["x"]'],
    ["context.worker_name", "w"],
    ["context.vtid", "77"],
    ["context.deep.name", "z"],
  ]);
});

/** An LTTng application's context: what it holds is chosen anew by each event. */
const CHOSEN = {
  fields: "uint8_t n;",
  stream: `event.context := struct {
    enum : uint8_t { _none, _num, _str } tag;
    variant <tag> { struct { uint8_t a; } _none; uint32_t _num; string _str; } app;
  };`,
};
const CHOICES: Readonly<Record<string, readonly number[]>> = {
  "{none={a=9}}": [0, 9, 1],
  "{num=7}": [1, ...number(7n, 4), 2],
  '{str="hello"}': [2, ...text("hello"), 3],
};

for (const first of Object.keys(CHOICES)) {
  const texts = [first, ...Object.keys(CHOICES).filter((one) => one !== first)];
  Deno.test({
    name: `PictureData.finish() tells variants of stream contexts, also where ${
      texts[0]
    } comes first`,
    ignore: Deno.permissions.querySync({ name: "write" }).state !== "granted",
    fn() {
      const directory = Deno.makeTempDirSync();
      try {
        writeHandMade(directory, { ...CHOSEN, payloads: texts.map((one) => CHOICES[one]) });
        using traces = new OpenedTraces([directory], {
          lost: () => {},
          broken: (error) => {
            throw error;
          },
        });
        const data = new PictureData(traces.originOf);
        for (const one of traces.events(0)) data.push(one);
        const read = new TraceData(data.finish(facts));
        const shown = texts.map((_, i) => Object.fromEntries(read.fieldsOf(i))["context.app"]);
        assertEquals(shown, texts);
      } finally {
        Deno.removeSync(directory, { recursive: true });
      }
    },
  });
}

Deno.test("PictureData.finish() tells what lasted by its begin, and what did not end up to the last event", () => {
  const data = new PictureData();
  data.push(event("job_begin", 10, { span: 1, what: "long" }));
  data.push(event("job_begin", 20, { span: 2, what: "open" }));
  data.push(event("read", 60, { duration_ns: 25 }));
  data.push(event("job_end", 100, { span: 1 }));
  data.push(event("tick", 120));
  const { pairs } = new TraceData(data.finish(facts));
  assertEquals(Array.from(pairs.name, (name) => pairs.names[name]), ["job", "job", "read"]);
  assertEquals([...pairs.begin], [10, 20, 35]);
  assertEquals([...pairs.duration], [90, 100, 25]);
  assertEquals([...pairs.beginEvent], [0, 1, -1]);
  assertEquals([...pairs.endEvent], [3, -1, 2]);
});

Deno.test("PictureData.finish() does not pair events of traces that are told apart", () => {
  const data = new PictureData(({ id }) => ({
    trace: String(id % 2),
    streamContext: null,
    packetContext: null,
  }));
  const [first, other] = [event("j_begin", 1, { span: 1 }), event("j_end", 2, { span: 1 })];
  data.push({ ...first, class: { ...first.class, id: 0 } });
  data.push({ ...other, class: { ...other.class, id: 1 } });
  const { pairs } = new TraceData(data.finish(facts));
  assertEquals([...pairs.endEvent], [-1]);
});

Deno.test("PictureData.finish() has what did not end last to the end of its own trace", () => {
  const data = new PictureData(({ name }) => ({
    trace: name.slice(0, 1),
    streamContext: null,
    packetContext: null,
  }));
  data.push(event("a_begin", 10, { span: 1 }));
  data.push(event("a", 30));
  data.push(event("a_begin", 40, { span: 2 }));
  data.push(event("b_begin", 50, { span: 1 }));
  data.push(event("b", 1000));
  const { pairs } = new TraceData(data.finish(facts));
  assertEquals([...pairs.begin], [10, 40, 50]);
  assertEquals([...pairs.duration], [30, 0, 950]);
});

Deno.test("PictureData.finish() keeps a lane for each CPU of each trace", () => {
  const data = new PictureData(({ name }) => ({
    trace: name,
    streamContext: null,
    packetContext: null,
  }));
  data.push(event("b", 1, {}, { cpu: 1 }));
  data.push(event("a", 2, {}, { cpu: 0 }));
  data.lost({ cpu: 0, begin: 2, end: 3, count: 1 }, "b");
  const lives = [{ trace: "a", cpu: 7, begin: 0, end: 10 }];
  const environments = { a: { hostname: "one" }, b: { hostname: "two", procname: "p" } };
  const read = new TraceData(data.finish({ ...facts, lives, environments }));
  const lanes = makeLanes(read);
  assertEquals(lanes.map(({ label, lost }) => [label, lost.length]), [
    ["two p · CPU 0", 1],
    ["two p · CPU 1", 0],
    ["one · CPU 0", 0],
    ["one · CPU 7", 0],
  ]);
  assertEquals(lanes.map(({ downs }) => downs), [[], [], [], [{ begin: 10, end: 1000 }]]);
  fillLanes(lanes, new State(read));
  assertEquals(lanes.map(({ events }) => [...events]), [[], [0], [1], []]);
});

Deno.test("PictureData.finish() tells what was lost, and spans the lives of CPUs", () => {
  const data = new PictureData();
  data.lost({ cpu: 1, begin: 100, end: 200, count: 7 });
  data.lost({ cpu: 2, begin: 300, end: 300, count: 1 });
  const lives = [{ trace: "", cpu: 1, begin: 50, end: 5000 }];
  const read = new TraceData(data.finish({ ...facts, lives }));
  assertEquals(Array.from(read.lost.lane, (lane) => read.lanes[lane].cpu), [1, 2]);
  assertEquals([...read.lost.count], [7, 1]);
  assertEquals(read.lostCount, 8);
  assertEquals([read.begin, read.end], [50, 5000]);
  assertEquals(read.facts.lives, lives);
});

Deno.test("PictureData.finish() of a trace without events is a picture too", () => {
  const read = new TraceData(new PictureData().finish(facts));
  assertEquals([read.events, read.begin, read.end], [0, 0, 1000]);
});

Deno.test("PictureData.push() refuses more events than a browser holds", () => {
  const data = new PictureData();
  const one = event("tick", 1);
  for (let i = 0; i < MAX_PICTURE_EVENTS; i++) data.push(one);
  assertThrows(() => data.push(one), RangeError, "Cannot picture more than 5000000 events");
  assertEquals(data.events, MAX_PICTURE_EVENTS);
});
