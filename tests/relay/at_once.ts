/**
 * Does something with each of many, so many at a time, and resolves to what came of them, in their order.
 * After an error no more are begun; it is thrown when those that go on have ended.
 */
export async function atOnce<T, R>(
  count: number,
  all: readonly T[],
  body: (one: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const left = [...all.entries()].reverse();
  const work = async (): Promise<void> => {
    for (let next; (next = left.pop()) !== undefined;) {
      const [i, one] = next;
      try {
        results[i] = await body(one);
      } catch (error) {
        left.length = 0;
        throw error;
      }
    }
  };
  for (const end of await Promise.allSettled(Array.from({ length: count }, work))) {
    if (end.status === "rejected") throw end.reason;
  }
  return results;
}

/** Options of a test with such steps: Deno cannot say which of them has left something behind. */
export const STEPS_AT_ONCE = {
  sanitizeOps: false,
  sanitizeResources: false,
  sanitizeExit: false,
} as const;

/** Steps of a test, two at a time: for those that start a process each, and wait for it. */
export async function stepsAtOnce(
  t: Deno.TestContext,
  steps: ReadonlyMap<string, () => Promise<void>>,
): Promise<void> {
  await atOnce(2, [...steps], ([name, fn]) => t.step({ name, fn, ...STEPS_AT_ONCE }));
}
