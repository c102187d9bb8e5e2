import { assertEquals } from "@std/assert";
import { EventValues } from "../../../relay/view/event_values.ts";
import { expression } from "../../../relay/view/expression.ts";
import { event, oneTrace } from "./support.ts";

Deno.test("duration is how long what ends with an event has lasted, whoever looks at its begin", () => {
  const values = new EventValues(oneTrace);
  const isSlow = expression("duration >= 5ms").testOf(values);
  const events = [
    event("http:server_request", 0, { request: 1 }),
    event("http:server_request", 1e6, { request: 2 }),
    event("http:server_response", 4e6, { request: 2 }),
    event("http:server_response", 5e6, { request: 1 }),
    event("file:stat", 6e6, { duration_ns: 7_000_000 }),
    event("file:stat", 7e6, { duration_ns: 6 }),
    event("tick", 99e6),
  ];
  const slow = events.filter((one) => {
    values.meet(one);
    return one.class.name !== "http:server_request" && isSlow(one);
  });
  assertEquals(slow.map(({ time }) => time), [5e6, 6e6]);
});

Deno.test("duration is the event's, fields.duration a field of that name", () => {
  const values = new EventValues(oneTrace);
  const one = event("tick", 0, { duration: 7 });
  const fits = (text: string): boolean => {
    const test = expression(text).testOf(values);
    values.meet(one);
    return test(one);
  };
  assertEquals([fits("duration == 7"), fits("fields.duration == 7")], [false, true]);
});

Deno.test("a text is looked for in what an event shows, not in the length of a sequence", () => {
  const values = new EventValues(oneTrace);
  const one = event("e", 0, { _list_length: 2, list: [7, 8] });
  const sequence = {
    kind: "sequence",
    element: one.class.fields.members[0].class,
    length: { scope: "event fields", names: ["_list_length"] },
  } as const;
  const [length] = one.class.fields.members;
  const fields = { ...one.class.fields, members: [length, { name: "list", class: sequence }] };
  const made = { ...one, class: { ...one.class, fields } };
  const fits = (text: string): boolean => expression(text).testOf(values)(made);
  assertEquals([fits('"7"'), fits('"2"'), fits("_list_length == 2")], [true, false, true]);
});
