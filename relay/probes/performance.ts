import { string, u64 } from "../ctf/fields.ts";
import { type AnyFunction, callAll, replaceMethod } from "../session/wrappers.ts";
import { cut, type ProbeContext, quietly } from "./probe.ts";

/**
 * Events of `performance.mark` and `performance.measure`: `performance:mark` with the name,
 * `performance:measure` with the name and its duration.
 */
export function installPerformance(context: ProbeContext): () => void {
  const { session, redact, maxText } = context;
  const mark = session.tracepoint("performance:mark", string("name"));
  const measure = session.tracepoint("performance:measure", string("name"), u64("duration_ns"));
  const nameOf = (entry: PerformanceEntry): string => cut(redact("name", entry.name), maxText);
  const wrap =
    (tracepoint: { readonly enabled: boolean }, record: (entry: PerformanceEntry) => void) =>
    (original: AnyFunction): AnyFunction =>
      function (this: unknown, ...args: unknown[]): unknown {
        const entry = Reflect.apply(original, this, args);
        if (tracepoint.enabled) quietly(() => record(entry));
        return entry;
      };
  return callAll.bind(null, [
    replaceMethod(Performance.prototype, "mark", wrap(mark, (entry) => mark(nameOf(entry)))),
    replaceMethod(
      Performance.prototype,
      "measure",
      wrap(measure, (entry) => measure(nameOf(entry), Math.max(0, entry.duration) * 1e6)),
    ),
  ]);
}
