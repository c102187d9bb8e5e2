import { bool, f64, u32, u64 } from "../ctf/fields.ts";
import { type AnyFunction, callAll, replaceMethod } from "../session/wrappers.ts";
import { counter, type ProbeContext, quietly } from "./probe.ts";

/**
 * Events of `setTimeout` and `setInterval`: `timer:set`, `timer:fire_begin` and `timer:fire_end` around
 * each call of the callback, `timer:clear`. The same `timer` links them; 0 for one that is not known,
 * as it was set before, or is cleared by its number.
 *
 * Only the globals are reached: what a module has imported by name from `node:timers` is not theirs.
 */
export function installTimers(context: ProbeContext): () => void {
  const { session, now } = context;
  const set = session.tracepoint("timer:set", u32("timer"), f64("delay_ms"), bool("repeats"));
  const begin = session.tracepoint("timer:fire_begin", u32("timer"));
  const end = session.tracepoint("timer:fire_end", u32("timer"), u64("duration_ns"));
  const clear = session.tracepoint("timer:clear", u32("timer"));
  const next = counter();
  const ids = new WeakMap<object, number>();

  const traced = (callback: AnyFunction, id: number): AnyFunction =>
    dressed(callback, function (this: unknown, ...args: unknown[]): unknown {
      if (!begin.enabled && !end.enabled) return Reflect.apply(callback, this, args);
      begin(id);
      const began = now();
      try {
        return Reflect.apply(callback, this, args);
      } finally {
        end(id, now() - began);
      }
    });
  const setter = (repeats: boolean) => (original: AnyFunction): AnyFunction =>
    function (this: unknown, ...args: unknown[]): unknown {
      const [callback, delay] = args;
      const isTraced = set.enabled || begin.enabled || end.enabled || clear.enabled;
      if (typeof callback !== "function" || !isTraced) return Reflect.apply(original, this, args);
      const id = next();
      const timer = Reflect.apply(original, this, [
        traced(callback as AnyFunction, id),
        ...args.slice(1),
      ]);
      quietly(() => {
        if (typeof timer === "object") ids.set(timer, id);
        set(id, typeof delay === "number" ? delay : 0, repeats);
      });
      return timer;
    };
  const clearer = (original: AnyFunction): AnyFunction =>
    function (this: unknown, ...args: unknown[]): unknown {
      const [timer] = args;
      // Clearing nothing is common, and tells nothing.
      if (clear.enabled && timer !== undefined && timer !== null) {
        quietly(() => clear(typeof timer === "object" ? ids.get(timer) ?? 0 : 0));
      }
      return Reflect.apply(original, this, args);
    };
  return callAll.bind(null, [
    replaceMethod(globalThis, "setTimeout", setter(false)),
    replaceMethod(globalThis, "setInterval", setter(true)),
    replaceMethod(globalThis, "clearTimeout", clearer),
    replaceMethod(globalThis, "clearInterval", clearer),
  ]);
}

/** The wrapper with the callback's name: a timer shows it. */
function dressed(callback: AnyFunction, wrapper: AnyFunction): AnyFunction {
  const name = Object.getOwnPropertyDescriptor(callback, "name");
  return name === undefined ? wrapper : Object.defineProperty(wrapper, "name", name);
}
