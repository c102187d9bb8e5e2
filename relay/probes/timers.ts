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
  const marks = unseenNumbers();

  /** Calls a callback, with an event before and after it. */
  const fire = (callback: AnyFunction, id: number, timer: unknown, args: unknown[]): unknown => {
    if (!begin.enabled && !end.enabled) return Reflect.apply(callback, timer, args);
    begin(id);
    const began = now();
    try {
      return Reflect.apply(callback, timer, args);
    } finally {
      end(id, now() - began);
    }
  };
  const setter = (repeats: boolean) => (original: AnyFunction): AnyFunction =>
    function (this: unknown, ...args: unknown[]): unknown {
      const [callback, delay] = args;
      const isTraced = set.enabled || begin.enabled || end.enabled || clear.enabled;
      if (typeof callback !== "function" || !isTraced) return Reflect.apply(original, this, args);
      const id = next();
      args[0] = firing(callback as AnyFunction, id, fire);
      const timer = Reflect.apply(original, this, args);
      try {
        set(id, typeof delay === "number" ? delay : 0, repeats);
        if (typeof timer === "object") marks.put(timer, id);
      } catch {
        // As of `quietly`, which would make a function for each timer.
      }
      return timer;
    };
  const clearer = (original: AnyFunction): AnyFunction =>
    function (this: unknown, ...args: unknown[]): unknown {
      const [timer] = args;
      // Clearing nothing is common, and tells nothing.
      if (clear.enabled && timer !== undefined && timer !== null) {
        quietly(() => clear(typeof timer === "object" ? marks.of(timer) : 0));
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

type Fire = (callback: AnyFunction, id: number, timer: unknown, args: unknown[]) => unknown;

/**
 * What is given to a timer in place of its callback, with the callback's name, which a timer shows. A
 * function that is made with its name costs a fraction of one whose name is defined later.
 */
function firing(callback: AnyFunction, id: number, fire: Fire): AnyFunction {
  const descriptor = nameOf(callback);
  const name: unknown = descriptor?.value;
  if (name === "") {
    return function (this: unknown, ...args: unknown[]): unknown {
      return fire(callback, id, this, args);
    };
  }
  const isText = typeof name === "string";
  const key = isText ? name : "";
  const named = {
    [key]: function (this: unknown, ...args: unknown[]): unknown {
      return fire(callback, id, this, args);
    },
  }[key];
  return isText || descriptor === undefined
    ? named
    : Object.defineProperty(named, "name", descriptor);
}

/** The property that says a function's name; of a proxy it may not be had. */
function nameOf(callback: AnyFunction): PropertyDescriptor | undefined {
  try {
    return Object.getOwnPropertyDescriptor(callback, "name");
  } catch {
    return undefined;
  }
}

/** Hands on the object it is given: what extends it puts its private fields there. */
class Given {
  constructor(object: object) {
    return object;
  }
}

/** Numbers that objects carry, and nobody sees. An entry of a WeakMap would cost each collection of garbage. */
function unseenNumbers(): {
  put(object: object, number: number): void;
  of(object: object): number;
} {
  // A class for each call: two of them number the same object.
  class Numbered extends Given {
    #number: number;
    constructor(object: object, number: number) {
      super(object);
      this.#number = number;
    }
    static put(object: object, number: number): void {
      // A program's own setTimeout may give the same object again.
      if (#number in object) object.#number = number;
      else new Numbered(object, number);
    }
    static of(object: object): number {
      return #number in object ? object.#number : 0;
    }
  }
  return { put: Numbered.put, of: Numbered.of };
}
