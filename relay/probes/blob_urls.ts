import { replaceMethod } from "../session/wrappers.ts";

// The runtime's: what the tracer does is no event of the program's.
const { setInterval, clearInterval } = globalThis;

/** Milliseconds between two looks whether a worker has loaded its module. */
const POLL_MS = 20;
/** Looks until a URL is revoked anyhow: about 10 seconds. */
const MAX_POLLS = 500;

/** `blob:` URLs that workers are being started from, with a word that is 1 when they have loaded it. */
const pending = new Map<string, Int32Array>();

/** Keeps a `blob:` URL until the worker has loaded it: a traced one comes to that later than others. */
export function keepBlob(url: string, state: SharedArrayBuffer): void {
  if (url.startsWith("blob:")) pending.set(url, new Int32Array(state));
}

/** Makes `URL.revokeObjectURL` wait for the workers that are being started from the URL. */
export function deferRevoking(): () => void {
  return replaceMethod(URL, "revokeObjectURL", (original) => {
    return function (this: unknown, ...args: unknown[]): unknown {
      const state = typeof args[0] === "string" ? pending.get(args[0]) : undefined;
      if (state === undefined || Atomics.load(state, 0) !== 0) {
        return Reflect.apply(original, this, args);
      }
      let polls = 0;
      const timer = setInterval(() => {
        if (Atomics.load(state, 0) === 0 && ++polls < MAX_POLLS) return;
        clearInterval(timer);
        pending.delete(args[0] as string);
        Reflect.apply(original, URL, args);
      }, POLL_MS);
      Deno.unrefTimer(timer as unknown as number);
    };
  });
}
