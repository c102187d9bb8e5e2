/** A function of any kind, to be called with `Reflect.apply`. */
// deno-lint-ignore no-explicit-any
export type AnyFunction = (this: any, ...args: any[]) => any;

/**
 * Makes a wrapper look like what it wraps: its name, length and all other properties of its own, and
 * none that the other has not.
 */
export function dress(wrapper: AnyFunction, original: AnyFunction): AnyFunction {
  const dressed = Object.hasOwn(original, "prototype") ? wrapper : asMethod(wrapper);
  Object.setPrototypeOf(dressed, Object.getPrototypeOf(original));
  for (const key of Reflect.ownKeys(original)) {
    // Of functions in sloppy mode, which wrappers are not.
    if (key === "arguments" || key === "caller") continue;
    Object.defineProperty(dressed, key, Object.getOwnPropertyDescriptor(original, key)!);
  }
  return dressed;
}

/** A method has no `prototype`, and cannot be constructed. */
function asMethod(wrapper: AnyFunction): AnyFunction {
  return {
    method(this: unknown, ...args: unknown[]): unknown {
      return Reflect.apply(wrapper, this, args);
    },
  }.method;
}

/**
 * Puts another value in the place of a property, its descriptor otherwise the same, and returns what
 * puts the original descriptor back. That does nothing when somebody else has replaced the property
 * since: a wrapper around ours goes on working, as ours does without a session.
 */
export function replace<T>(
  target: object,
  key: string | symbol,
  make: (original: T) => T,
): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(target, key);
  if (descriptor === undefined || !descriptor.configurable) return () => {};
  const original = (target as Record<string | symbol, T>)[key];
  if (original === undefined) return () => {};
  const value = make(original);
  const get = (): T => value;
  // Deno loads some of its functions when they are first read: those are accessors, and stay such.
  const isAccessor = descriptor.get !== undefined;
  Object.defineProperty(
    target,
    key,
    isAccessor ? { ...descriptor, get } : { ...descriptor, value },
  );
  return () => {
    const now = Object.getOwnPropertyDescriptor(target, key);
    const isOurs = isAccessor ? now?.get === get : now !== undefined && now.value === value;
    if (isOurs) Object.defineProperty(target, key, descriptor);
  };
}

/** Replaces a method by a wrapper that looks like it. Does nothing where there is no such method. */
export function replaceMethod(
  target: object,
  key: string,
  make: (original: AnyFunction) => AnyFunction,
): () => void {
  if (typeof (target as Record<string, unknown>)[key] !== "function") return () => {};
  return replace<AnyFunction>(target, key, (original) => dress(make(original), original));
}

/** Calls functions, the last one first. */
export function callAll(functions: readonly (() => void)[]): void {
  for (const one of functions.toReversed()) one();
}
