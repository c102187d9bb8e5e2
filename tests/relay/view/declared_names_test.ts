import { assertEquals } from "@std/assert";
import type { EventClass, FieldClass, TraceFormat } from "../../../relay/ctf/mod.ts";
import { DeclaredNames } from "../../../relay/view/declared_names.ts";
import { pathExpression } from "../../../relay/view/expression.ts";
import { integerClass, structClass } from "./support.ts";

const tag: FieldClass = { kind: "enumeration", container: integerClass(), mappings: [] };
const events: EventClass[] = [
  {
    name: "http:request",
    id: 0,
    streamId: 0,
    loglevel: null,
    context: structClass({ level: integerClass() }),
    fields: structClass({
      at: structClass({ x: integerClass() }),
      list: { kind: "array", length: 2, element: structClass({ y: integerClass() }) },
      tag,
      choice: {
        kind: "variant",
        tag: { scope: "event fields", names: ["tag"] },
        options: [{ name: "number", class: integerClass() }],
      },
    }),
  },
  {
    name: "gc",
    id: 1,
    streamId: 0,
    loglevel: null,
    context: null,
    fields: structClass({ status: integerClass() }),
  },
];
const format: TraceFormat = {
  byteOrder: "le",
  uuid: null,
  env: {},
  clocks: new Map(),
  packetHeader: null,
  streams: new Map([[0, {
    id: 0,
    packetContext: structClass({ cpu_id: integerClass(), packet_size: integerClass() }),
    eventHeader: null,
    eventContext: structClass({ vtid: integerClass() }),
    events: new Map(events.map((one) => [one.id, one])),
  }]]),
};
const names = new DeclaredNames([format], "no event");

Deno.test("missingFields() knows all that a path can name", () => {
  const there = "at at.x list list[1] list[7].y tag choice.number level vtid cpu_id context.level" +
    " context.vtid context.cpu_id fields.at.x fields.status name cpu time duration";
  assertEquals(names.missingFields(there.split(" ").map(pathExpression)), []);
});

for (
  const [path, near] of [
    ["at.z", "; there is at.x"],
    ["at[0]", ""],
    ["at.x.y", ""],
    ["list.y", ""],
    ["list[0].z", ""],
    ["choice.text", ""],
    ["fields.vtid", "; there is vtid"],
    ["fields.stats", "; there is status"],
    ["stauts", "; there is status"],
    ["tga", "; there is tag"],
    ["lst", "; there is list"],
    ["durtaion", "; there is duration"],
    ["nmae", "; there is name"],
    ["context.at", ""],
    ["packet_size", "; text stands in quotes"],
    ["VTDI", "; there is vtid"],
    ["x", "; text stands in quotes"],
    ["events.status", ""],
  ] as const
) {
  Deno.test(`missingFields() says that there is no ${path}`, () => {
    const missing = names.missingFields([pathExpression(path)]);
    assertEquals(missing, [`no event has a field "${path}"${near}`]);
  });
}

for (
  const [pattern, near] of [
    ["http", "; there is http:request"],
    ["htp:*", "; there is http:request"],
    ["HTTP:request", "; there is http:request"],
    ["http:reqest", "; there is http:request"],
    ["db:query", ""],
    ["g", ""],
  ] as const
) {
  Deno.test(`missingEvents() says that none is named ${pattern}`, () => {
    const missing = names.missingEvents(["gc", "http:*", pattern, "*"]);
    assertEquals(missing, [`no event is named "${pattern}"${near}`]);
  });
}

Deno.test("missingEvents() and missingFields() say what they are told of", () => {
  const nothing = new DeclaredNames([], "no event so far");
  assertEquals(nothing.missingEvents(["a*"]), ['no event so far is named "a*"']);
  assertEquals(nothing.missingFields([["at", "x"]]), ['no event so far has a field "at.x"']);
});
