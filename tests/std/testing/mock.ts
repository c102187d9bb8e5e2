/**
 * Stand-in for `jsr:@std/testing/mock`, where JSR cannot be reached: what this suite uses of it.
 *
 * @module
 */
import { AssertionError } from "../assert/mod.ts";

/** A call a spy has seen. */
export interface SpyCall<Args extends unknown[] = unknown[], Return = unknown> {
  args: Args;
  returned?: Return;
  error?: Error;
}

/** A function that remembers its calls. */
export interface Spy<Args extends unknown[] = unknown[], Return = unknown> {
  (...args: Args): Return;
  calls: SpyCall<Args, Return>[];
}

/** Wraps `func`, or a function that does nothing, so that its calls are remembered. */
export function spy<Args extends unknown[] = unknown[], Return = undefined>(
  func?: (...args: Args) => Return,
): Spy<Args, Return> {
  const calls: SpyCall<Args, Return>[] = [];
  const wrapped = (...args: Args): Return => {
    const call: SpyCall<Args, Return> = { args };
    calls.push(call);
    try {
      return call.returned = func?.(...args) as Return;
    } catch (error) {
      call.error = error as Error;
      throw error;
    }
  };
  return Object.assign(wrapped, { calls });
}

/** Fails unless the spy was called `expectedCalls` times. */
export function assertSpyCalls<Args extends unknown[], Return>(
  spy: Spy<Args, Return>,
  expectedCalls: number,
): void {
  if (spy.calls.length === expectedCalls) return;
  throw new AssertionError(
    `Spy not called as much as expected:\n  ${spy.calls.length} !== ${expectedCalls}`,
  );
}
