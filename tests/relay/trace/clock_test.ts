import { u8 } from "@ltt/relay/ctf";
import type { Clock } from "@ltt/relay/trace";
import {
  cheapestClock,
  clockCost,
  clockOrigin,
  performanceClock,
} from "../../../relay/trace/clock.ts";
import { assert, assertEquals } from "@std/assert";
import { TestTrace } from "./support.ts";

const FFI = Deno.build.os === "linux" &&
  Deno.permissions.querySync({ name: "ffi" }).state === "granted";

/** How far apart two clocks are, in nanoseconds: the least of some looks, for a thread may be stopped between two. */
function distance(first: Clock, second: Clock): number {
  const looks = Array.from({ length: 200 }, () => {
    const before = first.now();
    const between = second.now();
    const after = first.now();
    return Math.abs(between - (before + after) / 2);
  });
  return Math.min(...looks);
}

Deno.test("performanceClock() counts nanoseconds from its origin", async () => {
  const clock = performanceClock(clockOrigin());
  const begin = performance.now();
  const first = clock.now();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const passed = clock.now() - first;
  const expected = (performance.now() - begin) * 1e6;
  assert(first >= 0 && first < 1e9, `it begins at ${first}`);
  assert(passed >= 15e6 && passed <= expected, `${passed} of ${expected} ns`);
  assertEquals(clock.name, "performance.now");
});

Deno.test("cheapestClock() reads CLOCK_MONOTONIC with --allow-ffi", { ignore: !FFI }, () => {
  const origin = clockOrigin();
  assertEquals([cheapestClock(origin).name, origin.monotonic?.length], ["clock_gettime", 2]);
});

Deno.test(
  "cheapestClock() and performanceClock() agree to 50 microseconds",
  { ignore: !FFI },
  () => {
    const origin = clockOrigin();
    const apart = distance(cheapestClock(origin), performanceClock(origin));
    assert(apart < 50_000, `${apart} ns apart`);
  },
);

Deno.test("cheapestClock() of one origin is the same clock each time", { ignore: !FFI }, () => {
  const origin = clockOrigin();
  const [first, second] = [cheapestClock(origin), cheapestClock(origin)];
  assert(distance(first, second) < 50_000);
});

Deno.test("cheapestClock() is performance.now() for an origin without CLOCK_MONOTONIC", () => {
  const origin = { ...clockOrigin(), monotonic: null };
  assertEquals(cheapestClock(origin).name, "performance.now");
});

Deno.test("cheapestClock() goes on when a second of its own is full", { ignore: !FFI }, () => {
  const origin = clockOrigin();
  const [seconds, nanoseconds] = origin.monotonic!;
  // As if the session had begun late in a second long ago.
  const earlier = cheapestClock({ ...origin, monotonic: [seconds - 1000, 999_999_999] });
  const expected = cheapestClock(origin).now() + 1000e9 + nanoseconds - 999_999_999;
  assert(Math.abs(earlier.now() - expected) < 50e6, "within 50 ms");
});

for (const make of [cheapestClock, performanceClock]) {
  Deno.test(`${make.name}() never goes back, and needs no this`, () => {
    const { now } = make(clockOrigin());
    let last = now();
    for (let i = 0; i < 100_000; i++) {
      const time = now();
      assert(time >= last, `${time} after ${last}`);
      last = time;
    }
  });
}

Deno.test("clockCost() says what a reading costs", () => {
  let readings = 0;
  const busy = (ns: number): Clock => ({
    name: "busy",
    now: () => {
      readings++;
      const end = performance.now() + ns / 1e6;
      while (performance.now() < end);
      return 0;
    },
  });
  const [slow, slower] = [clockCost(busy(1000)), clockCost(busy(3000))];
  assert(slow >= 900 && slow < 3000, `${slow} ns`);
  assert(slower >= 2900, `${slower} ns`);
  assert(readings > 1000);
  assert(clockCost({ name: "free", now: () => 0 }) < 100);
});

Deno.test("an injected clock is called without `this`, once an event", () => {
  const calls: unknown[] = [];
  function now(this: unknown): number {
    calls.push(this);
    return calls.length;
  }
  using trace = new TestTrace({ now });
  const tracepoint = trace.tracepoint("t", u8("x"));
  tracepoint(1);
  tracepoint(2);
  assertEquals(calls, [undefined, undefined]);
  assertEquals(trace.events([{ id: 0, fields: [u8("x")] }]).map(({ time }) => time), [1n, 2n]);
});
