/**
 * Stand-in for `jsr:@std/assert`, where JSR cannot be reached: what this suite uses of it, with the
 * same signatures and verdicts. The messages are plainer.
 *
 * @module
 */
import { inspect, isDeepStrictEqual } from "node:util";

/** What a failed assertion throws. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Fails unless `value` is truthy. */
export function assert(value: unknown, message = ""): asserts value {
  if (!value) throw new AssertionError(message);
}

/** Fails. */
export function fail(message?: string): never {
  throw new AssertionError(`Failed assertion${message ? `: ${message}` : "."}`);
}

/** Fails unless both are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const show = (value: unknown): string => inspect(value, { depth: 8, maxArrayLength: 60 });
  const suffix = message ? `: ${message}` : "";
  throw new AssertionError(
    `Values are not equal${suffix}\n  actual:   ${show(actual)}\n  expected: ${show(expected)}`,
  );
}

/** Fails unless both are the same, as `Object.is` sees it. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const suffix = message ? `: ${message}` : "";
  throw new AssertionError(
    `Values are not strictly equal${suffix}\n  ${inspect(actual)}\n  ${inspect(expected)}`,
  );
}

/** Fails unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  if (actual.includes(expected)) return;
  const suffix = message ? `: ${message}` : ".";
  throw new AssertionError(`Expected actual: "${actual}" to contain: "${expected}"${suffix}`);
}

/** Fails unless `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  if (expected.test(actual)) return;
  const suffix = message ? `: ${message}` : ".";
  throw new AssertionError(`Expected actual: "${actual}" to match: "${expected}"${suffix}`);
}

// deno-lint-ignore no-explicit-any
type AnyConstructor = abstract new (...args: any[]) => any;

/** Fails unless `actual` is an instance of `expectedType`. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  message = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  const suffix = message ? `: ${message}` : ".";
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}" but was ${
      inspect(actual)
    }${suffix}`,
  );
}

/** Fails unless `fn` throws, an `ErrorClass` whose message includes `msgIncludes`; returns it. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  errorClassOrMsg?: AnyConstructor | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const message = typeof errorClassOrMsg === "string" ? errorClassOrMsg : msg;
  const suffix = message ? `: ${message}` : ".";
  try {
    fn();
  } catch (error) {
    if (typeof errorClassOrMsg !== "function") return error;
    assertInstanceOf(error, errorClassOrMsg, message);
    if (msgIncludes) assertStringIncludes((error as Error).message, msgIncludes, message);
    return error;
  }
  throw new AssertionError(`Expected function to throw${suffix}`);
}

/** Fails unless `fn` returns a promise that rejects, with such an error, and resolves to it. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  errorClassOrMsg?: AnyConstructor | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const message = typeof errorClassOrMsg === "string" ? errorClassOrMsg : msg;
  const suffix = message ? `: ${message}` : ".";
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch {
    throw new AssertionError(`Function throws when expected to reject${suffix}`);
  }
  try {
    await promise;
  } catch (error) {
    if (typeof errorClassOrMsg !== "function") return error;
    assertInstanceOf(error, errorClassOrMsg, message);
    if (msgIncludes) assertStringIncludes((error as Error).message, msgIncludes, message);
    return error;
  }
  throw new AssertionError(`Expected function to reject${suffix}`);
}
