import { assertEquals } from "@std/assert";
import { EventFilter, type EventFilterOptions } from "../../../relay/view/event_filter.ts";
import { event } from "./support.ts";

const events = [
  event("http:request", 10, {}, { cpu: 0 }),
  event("http:response", 20, { status: 200 }, { cpu: 1 }),
  event("file:open", 30, {}, { cpu: 2 }),
];

const cases: [string, Partial<EventFilterOptions>, number[]][] = [
  ["nothing", {}, [10, 20, 30]],
  ["names", { names: ["file:*", "http:request"] }, [10, 30]],
  ["CPUs", { cpus: new Set([1, 2]) }, [20, 30]],
  ["a condition", { where: ({ fields }) => fields.status === 200 }, [20]],
  ["times, both included", { from: 10, to: 20 }, [10, 20]],
  ["all of that", { names: ["http:*"], cpus: new Set([0]), from: 11 }, []],
];
for (const [what, options, expected] of cases) {
  Deno.test(`wants() chooses by ${what}`, () => {
    const filter = new EventFilter(options);
    assertEquals(events.filter((one) => filter.wants(one)).map(({ time }) => time), expected);
  });
}

Deno.test("wantsLost() chooses by time and CPU", () => {
  const filter = new EventFilter({ names: ["x"], cpus: new Set([1]), from: 10, to: 20 });
  const wants = (cpu: number, begin: number, end: number): boolean =>
    filter.wantsLost({ cpu, begin, end, count: 1 });
  assertEquals(wants(1, 0, 10), true);
  assertEquals(wants(1, 0, 9), false);
  assertEquals(wants(1, 21, 30), false);
  assertEquals(wants(0, 0, 30), false);
});
