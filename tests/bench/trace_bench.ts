/**
 * What tracepoints cost, `deno bench -A tests/bench/trace_bench.ts`: a batch of 1,000 calls an
 * iteration, so a microsecond is a nanosecond a call. Within a group compare with the baseline: the
 * empty loop, or the clock alone.
 */
import { TraceSession } from "@ltt/relay/session";
import {
  array,
  bool,
  enumeration,
  f64,
  i32,
  i64,
  sequence,
  string,
  struct,
  u16,
  u32,
  u64,
  u8,
} from "@ltt/relay/trace";
import { loops, texts } from "./event_loops.ts";

const CALLS = 1000;
const directory = Deno.makeTempDirSync();
const session = await TraceSession.start({
  output: directory,
  mode: "flight-recorder",
  subbufSize: 2 ** 20,
  nSubbufs: 4,
});
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

const off = session.tracepoint("bench:off", u64("value"));
session.disable("bench:off");

Deno.bench("an empty loop", { group: "disabled", baseline: true }, () => {
  for (let i = 0; i < CALLS; i++);
});
Deno.bench("a disabled tracepoint", { group: "disabled" }, () => {
  for (let i = 0; i < CALLS; i++) off(i);
});

const loop = loops(session);
Deno.bench("u64", { group: "enabled", baseline: true }, () => loop["u64"](CALLS));
Deno.bench("3 ints + string", { group: "enabled" }, () => loop["3 ints + string"](CALLS));

const text = session.tracepoint("bench:text", string("text"));
const known = texts();
let counter = 0;
Deno.bench("a text that is new each time", { group: "enabled" }, () => {
  for (let i = 0; i < CALLS; i++) text("/articles/" + (counter++ & 0xffffff));
});
Deno.bench("making that text alone", { group: "enabled" }, () => {
  let length = 0;
  for (let i = 0; i < CALLS; i++) length += ("/articles/" + (counter++ & 0xffffff)).length;
  if (length === 0) throw new Error("no text");
});

const span = session.span("bench:span", u32("value"));
Deno.bench("a span, begin and end", { group: "enabled" }, () => {
  for (let i = 0; i < CALLS; i++) span(i)();
});

// 50 tracepoints of mixed fields, one after the other.
const calls: string[] = [];
const tracepoints: unknown[] = [];
const add = (tracepoint: unknown, args: string): void => {
  calls.push(`t[${tracepoints.push(tracepoint) - 1}](${args});`);
};
for (let k = 0; k < 10; k++) {
  const name = (kind: string): string => `bench:${kind}_${k}`;
  const small = session.tracepoint(name("small"), u8("a"), i32("b"));
  const wide = session.tracepoint(name("wide"), u64("a"), i64("b"), f64("c"), bool("d"));
  const named = session.tracepoint(name("named"), string("path"), u16("status"));
  const state = session.tracepoint(
    name("state"),
    enumeration("state", u8, { idle: 0, busy: 1 }),
    struct("at", i32("x"), i32("y")),
  );
  const list = session.tracepoint(name("list"), array(u16("port"), 2), sequence(u8("bytes")));
  add(small, "i, -i");
  add(wide, "i, -i, i / 2, true");
  add(named, "known[i & 255], 200");
  add(state, "i & 1 ? 'busy' : 'idle', at");
  add(list, "ports, bytes");
}
// A call of each, as in a program that has them in 50 places.
const names = calls.map((_, k) => `t${k}`);
const mixed = new Function(
  "t",
  "known",
  `const [${names}] = t;
const [ports, bytes, at] = [[80, 443], new Uint8Array([1, 2, 3]), { x: 1, y: -1 }];
return (rounds) => { for (let i = 0; i < rounds; i++) { ${
    calls.join(" ").replace(/t\[(\d+)\]/g, "t$1")
  } } };`,
)(tracepoints, known) as (rounds: number) => void;
// Compiling 50 writers takes V8 a while.
for (let warm = 0; warm < 20_000; warm++) mixed(CALLS / calls.length);
Deno.bench("50 tracepoints of mixed fields in turn", { group: "enabled" }, () => {
  mixed(CALLS / calls.length);
});
