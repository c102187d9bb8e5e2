import { assertEquals } from "@std/assert";
import type { TraceEvent } from "../../../relay/ctf/reader/trace_event.ts";
import { Between } from "../../../relay/view/between.ts";
import { EventValues } from "../../../relay/view/event_values.ts";
import { pathExpression } from "../../../relay/view/expression.ts";
import { event, oneTrace } from "./support.ts";

/** Reads a field. */
const field = (path: string) => new EventValues(oneTrace).readerOf(pathExpression(path));

function between(
  from: string,
  to: string,
  by: string | null,
  events: TraceEvent[],
  slowest: number = 100,
): Between {
  const made = new Between({ from, to, by: by === null ? null : field(by), slowest });
  for (const one of events) made.push(one);
  return made;
}

/** All durations, the least first. */
function all({ durations, slowest }: Between): number[] {
  const found = slowest.all.map(({ duration }) => duration).reverse();
  assertEquals(found.length, durations.count);
  return found;
}

Deno.test("push() measures from an event to the next one of the other name", () => {
  const events = [event("b", 1), event("a", 10), event("x", 11), event("b", 15), event("b", 20)];
  assertEquals(all(between("a", "b", null, events)), [5]);
});

Deno.test("push() measures by the later of two that begin", () => {
  assertEquals(all(between("a", "b", null, [event("a", 1), event("a", 5), event("b", 7)])), [2]);
});

Deno.test("push() measures between events that are equal in a field", () => {
  const events = [
    event("a:x", 1, { id: 1 }),
    event("a:x", 2, { id: 2 }),
    event("a:x", 3, { other: 1 }),
    event("b:x", 10, { id: 2 }),
    event("b:y", 30, { id: 1 }),
    event("b:y", 40, { id: 3 }),
  ];
  assertEquals(all(between("a:*", "b:*", "id", events)), [8, 29]);
});

Deno.test("push() of one name for both measures from each to the next", () => {
  assertEquals(all(between("a", "a", null, [1, 3, 10].map((time) => event("a", time)))), [2, 7]);
});

Deno.test("push() keeps the slowest, the slowest first", () => {
  const events = [5, 20, 7, 9].flatMap((duration, i) => [
    event("a", 100 * i),
    event("b", 100 * i + duration),
  ]);
  assertEquals(between("a", "b", null, events, 2).slowest.all.map(({ duration }) => duration), [
    20,
    9,
  ]);
});

Deno.test("push() forgets the oldest of more than 65,536 that wait", () => {
  const made = new Between({ from: "a", to: "b", by: field("id"), slowest: 1 });
  for (let id = 0; id <= 65_536; id++) made.push(event("a", id, { id }));
  made.push(event("b", 70_000, { id: 0 }));
  assertEquals(made.durations.count, 0);
  made.push(event("b", 70_000, { id: 1 }));
  assertEquals(made.durations.count, 1);
});
