/** Loops that record events, as benchmarks call them. */
import type { TraceSession } from "@ltt/relay/session";
import { i64, string, u32, u64 } from "@ltt/relay/trace";

/** Events that a loop is told to record at a time: V8 compiles loops that return better. */
export const AT_A_TIME = 100_000;

const TEXTS = 256;

/** Texts of 17 bytes in UTF-8 that differ, of the kinds V8 has: sequential, sliced, concatenated, of two bytes. */
export function texts(): string[] {
  const number = (i: number): string => String(i).padStart(5, "0");
  const kinds = [
    (i: number) => Array.from(`${number(i)}/index2.html`, (c) => c).join(""),
    (i: number) => `GET ${number(i)}/script.js HTTP/1.1`.slice(4, 21),
    (i: number) => "/search/" + number(i) + "/off",
    (i: number) => `${number(i)}/prix-€`.padEnd(15, "x"),
  ];
  return Array.from({ length: TEXTS }, (_, i) => kinds[i % kinds.length](i));
}

/** A loop for each kind of event. */
export function loops(
  session: TraceSession,
): Record<"u64" | "3 ints + string", (events: number) => void> {
  const one = session.tracepoint("bench:u64", u64("value"));
  const four = session.tracepoint(
    "bench:three_and_string",
    u32("a"),
    i64("b"),
    u64("c"),
    string("text"),
  );
  const all = texts();
  return {
    "u64": (events) => {
      for (let i = 0; i < events; i++) one(i);
    },
    "3 ints + string": (events) => {
      for (let i = 0; i < events; i++) four(i, -i, i, all[i & (TEXTS - 1)]);
    },
  };
}
