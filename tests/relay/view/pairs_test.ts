import { assertEquals } from "@std/assert";
import type { TraceEvent } from "../../../relay/ctf/reader/trace_event.ts";
import { type Pair, Pairs } from "../../../relay/view/pairs.ts";
import { event } from "./support.ts";

/** What a pair says, its events by their times. */
function told({ name, begin, end, beginTime, duration }: Pair): unknown[] {
  return [name, begin === null ? null : begin.time, end.time, beginTime, duration];
}

function pairsOf(...events: TraceEvent[]): unknown[][] {
  const pairs = new Pairs();
  return events.map((one) => pairs.push(one)).filter((pair) => pair !== null).map(told);
}

Deno.test("push() tells what ends with a response, by its request's number", () => {
  assertEquals(
    pairsOf(
      event("http:server_request", 10, { request: 1, method: "GET", url: "/a" }),
      event("http:server_request", 20, { request: 2, method: "GET", url: "/b" }, { cpu: 1 }),
      event("http:server_response", 50, { request: 2, status: 200, duration_ns: 28 }),
      event("http:server_failure", 90, { request: 1, error: "E", message: "", duration_ns: 70 }),
    ),
    [["http:server", 20, 50, 20, 30], ["http:server", 10, 90, 10, 80]],
  );
});

const linked: [string, string, string, string][] = [
  ["http:fetch", "fetch", "http:fetch_begin", "http:fetch_response"],
  ["http:fetch", "fetch", "http:fetch_begin", "http:fetch_failure"],
  ["process", "process", "process:spawn", "process:end"],
  ["process", "process", "process:spawn", "process:failure"],
  ["timer:fire", "timer", "timer:fire_begin", "timer:fire_end"],
  ["worker", "worker", "worker:start", "worker:end"],
  ["shop:order", "span", "shop:order_begin", "shop:order_end"],
];
for (const [name, link, begin, end] of linked) {
  Deno.test(`push() links ${begin} and ${end} by ${link}, whichever thread they are on`, () => {
    assertEquals(
      pairsOf(
        event(begin, 1, { [link]: 7 }),
        event(begin, 2, { [link]: 8 }, { cpu: 1 }),
        event(end, 5, { [link]: 7 }, { cpu: 2 }),
        event(end, 9, { [link]: 8 }),
      ),
      [[name, 1, 5, 1, 4], [name, 2, 9, 2, 7]],
    );
  });
}

Deno.test("push() links numbers that are no exact doubles", () => {
  const span = 2n ** 63n;
  assertEquals(
    pairsOf(
      event("a_begin", 1, { span }),
      event("a_begin", 2, { span: span + 1n }),
      event("a_end", 5, { span }),
    ),
    [["a", 1, 5, 1, 4]],
  );
});

for (const [begin, end] of [["f_entry", "f_exit"], ["f_begin", "f_end"]]) {
  Deno.test(`push() links ${begin} and ${end} without a number on one CPU, the innermost first`, () => {
    assertEquals(
      pairsOf(
        event(begin, 1),
        event(begin, 2, {}, { cpu: 1 }),
        event(begin, 3),
        event(end, 4),
        event(end, 5, {}, { cpu: 1 }),
        event(end, 6),
      ),
      [["f", 3, 4, 3, 1], ["f", 2, 5, 2, 3], ["f", 1, 6, 1, 5]],
    );
  });
}

Deno.test("push() links what the kernel does by thread where the context tells it", () => {
  const on = (cpu: number, tid: number): Partial<TraceEvent> => ({ cpu, streamContext: { tid } });
  assertEquals(
    pairsOf(
      event("syscall_entry_read", 1, { fd: 3 }, on(0, 50)),
      event("syscall_entry_read", 2, { fd: 3 }, on(0, 51)),
      event("syscall_exit_read", 4, { ret: 0 }, on(1, 50)),
    ),
    [["syscall_read", 1, 4, 1, 3]],
  );
});

Deno.test("push() of an event that tells a duration alone gives the time before it", () => {
  assertEquals(pairsOf(event("file:open", 100, { path: "/x", duration_ns: 30 })), [
    ["file:open", null, 100, 70, 30],
  ]);
});

Deno.test("push() of an end whose begin is not there goes by the duration it tells, if it does", () => {
  assertEquals(
    pairsOf(
      event("http:server_response", 50, { request: 2, status: 200, duration_ns: 28 }),
      event("process:end", 60, { process: 3 }),
    ),
    [["http:server", null, 50, 22, 28]],
  );
});

Deno.test("push() takes the later begin of a number that has begun twice", () => {
  assertEquals(
    pairsOf(
      event("a_begin", 1, { span: 1 }),
      event("a_begin", 5, { span: 1 }),
      event("a_end", 7, { span: 1 }),
      event("a_end", 8, { span: 1 }),
    ),
    [["a", 5, 7, 5, 2]],
  );
});

Deno.test("push() tells nothing of events that neither begin nor end", () => {
  assertEquals(
    pairsOf(event("http:server_request", 1, { other: 1 }), event("begin", 2), event("_end", 3)),
    [],
  );
});

Deno.test("unended() tells what is under way", () => {
  const pairs = new Pairs();
  const events = [
    event("a_begin", 1, { span: 1 }),
    event("a_begin", 2, { span: 2 }),
    event("f_entry", 3),
    event("f_entry", 4),
    event("a_end", 5, { span: 1 }),
    event("f_exit", 6),
  ];
  for (const one of events) pairs.push(one);
  assertEquals(
    [...pairs.unended()].map(({ name, begin }) => [name, begin.time]),
    [["a", 2], ["f", 3]],
  );
});

Deno.test("push() forgets the oldest begins when more than 65,536 are under way", () => {
  const pairs = new Pairs();
  for (let span = 0; span <= 65_536; span++) pairs.push(event("a_begin", span, { span }));
  assertEquals([...pairs.unended()].length, 65_536);
  assertEquals(pairs.push(event("a_end", 70_000, { span: 0 })), null);
  assertEquals(pairs.push(event("a_end", 70_000, { span: 1 }))?.beginTime, 1);
});

Deno.test("push() keeps no more begins on one thread either", () => {
  const pairs = new Pairs();
  const begin = event("f_entry", 0);
  let most = 0;
  for (let i = 0; i < 200_000; i++) {
    pairs.push(begin);
    if (i % 10_000 === 0) most = Math.max(most, [...pairs.unended()].length);
  }
  assertEquals(most <= 65_536, true);
});

Deno.test("push() does not link events of different traces", () => {
  const [begin, end] = [event("a_begin", 1, { span: 1 }), event("a_end", 5, { span: 1 })];
  const pairs = new Pairs((eventClass) => eventClass === end.class ? "1" : "2");
  assertEquals([pairs.push(begin), pairs.push(end)], [null, null]);
});
