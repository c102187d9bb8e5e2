import process from "node:process";
import { dress, replaceMethod } from "./patch.ts";

/** Why a process ends, as far as a program is told. */
export type ExitReason = "unload" | "error" | "unhandledrejection" | "exit" | "SIGINT" | "SIGTERM";

const EVENTS = ["unload", "error", "unhandledrejection"] as const;
const SIGNALS = [{ name: "SIGINT", number: 2 }, { name: "SIGTERM", number: 15 }] as const;

/** What a shell says of a process that a signal ended, less the signal's number. */
const ENDED_BY_SIGNAL = 128;

const { addSignalListener, removeSignalListener } = Deno;
const { addEventListener } = globalThis;

/** The program's own listeners to signals: the runtime does not tell. */
const listened: Readonly<Record<string, Set<() => void>>> = {
  SIGINT: new Set(),
  SIGTERM: new Set(),
};
/** Listeners that are to be called last, with the events they listen to. */
const last = new Set<{ readonly type: string; readonly listener: (event: Event) => void }>();
let isWatching = false;

/**
 * Calls `flush` before the process ends, whatever ends it but SIGKILL and the like: at the end of the
 * event loop, at `Deno.exit`, at an uncaught error, at SIGINT and SIGTERM; after the program's own
 * listeners to these, for they may record events. It may be called several times. A signal ends the
 * process as it would have, unless the program listens to it; but only once the thread comes to its
 * event loop, and what the program's own listener to a signal records comes after the flush. Returns
 * what takes the handlers away.
 *
 * Once there are handlers `addEventListener` is wrapped; `Deno.addSignalListener` is from the start.
 */
export function handleExit(flush: (reason: ExitReason) => void): () => void {
  watchListeners();
  const removers = EVENTS.map((type) => {
    const entry = { type, listener: (): void => flush(type) };
    last.add(entry);
    addEventListener.call(globalThis, type, entry.listener);
    return (): void => {
      last.delete(entry);
      globalThis.removeEventListener(type, entry.listener);
    };
  });
  const onExit = (): void => flush("exit");
  process.on("exit", onExit);
  for (const signal of SIGNALS) {
    if (Deno.build.os === "windows" && signal.name === "SIGTERM") continue;
    const listener = (): void => {
      flush(signal.name);
      const others = listened[signal.name].size + process.listenerCount(signal.name);
      if (others > 0) return;
      removeSignalListener(signal.name, listener);
      endBySignal(signal);
    };
    addSignalListener(signal.name, listener);
    removers.push(() => removeSignalListener(signal.name, listener));
  }
  return () => {
    process.off("exit", onExit);
    for (const remove of removers) remove();
  };
}

/** Ends the process as the signal would have, as far as the program is allowed to. */
function endBySignal({ name, number }: (typeof SIGNALS)[number]): void {
  const { state } = Deno.permissions.querySync({ name: "run" });
  if (state === "granted") Deno.kill(Deno.pid, name);
  else Deno.exit(ENDED_BY_SIGNAL + number);
}

/** Keeps our listeners the last ones. */
function watchListeners(): void {
  if (isWatching) return;
  isWatching = true;
  const wrapper = function (this: unknown, ...args: unknown[]): void {
    Reflect.apply(addEventListener, this ?? globalThis, args);
    for (const { type, listener } of last) {
      if (type !== args[0]) continue;
      globalThis.removeEventListener(type, listener);
      addEventListener.call(globalThis, type, listener);
    }
  };
  // It is inherited: ours is a property of the object itself, and hidden as that is.
  const hidden = { configurable: true, writable: true, enumerable: false };
  const value = dress(wrapper, addEventListener);
  Object.defineProperty(globalThis, "addEventListener", { ...hidden, value });
}

/** Knows of the program's own listeners from the time this module is loaded. */
function watchSignals(): void {
  const watch = (
    name: string,
    note: (listeners: Set<() => void>, one: () => void) => void,
  ): void => {
    replaceMethod(Deno, name, (original) => (signal: Deno.Signal, handler: () => void) => {
      original(signal, handler);
      if (Object.hasOwn(listened, signal)) note(listened[signal], handler);
    });
  };
  watch("addSignalListener", (listeners, one) => listeners.add(one));
  watch("removeSignalListener", (listeners, one) => listeners.delete(one));
}

watchSignals();
