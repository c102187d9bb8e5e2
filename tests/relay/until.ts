import { assert } from "@std/assert";

/** Resolves when a condition holds; fails after ten seconds. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds()) {
    assert(performance.now() < end, `not within ten seconds: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
