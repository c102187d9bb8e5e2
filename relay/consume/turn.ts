import { setImmediate } from "node:timers";

/** Resolves when everything else that is due has had its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
