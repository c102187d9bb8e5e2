import process from "node:process";
import {
  addSignalListener,
  ownListeners,
  removeSignalListener,
  watchOwnListeners,
} from "./own_listeners.ts";
import { type EndingSignal, SIGNALS, type SignalWords } from "./signals.ts";
import { callAll, dress } from "./wrappers.ts";

/** Why a process ends, as far as a program is told. */
export type ExitReason = "unload" | "error" | "unhandledrejection" | "exit" | EndingSignal["name"];

/**
 * Has everything written. It is told whether the process ends next, as far as anybody knows. Answers
 * `false` if that took longer than there is time for.
 */
export type ExitFlush = (reason: ExitReason, isEnd: boolean) => boolean;

const EVENTS = ["unload", "error", "unhandledrejection"] as const;

/** What a shell says of a process that a signal ended, less the signal's number. */
const ENDED_BY_SIGNAL = 128;

const { addEventListener } = globalThis;

/** Listeners that are to be called last, with the events they listen to. */
const last = new Set<{ readonly type: string; readonly listener: (event: Event) => void }>();
let isWatching = false;

/**
 * Calls `flush` before the process ends, whatever ends it but SIGKILL and the like: at the end of the
 * event loop, at `Deno.exit`, at an uncaught error, at SIGINT and SIGTERM; after the program's own
 * listeners to these, for they may record events. It may be called several times. A signal ends the
 * process as it would have, unless the program listens to it; what the program's own listener to a signal
 * records may come after the flush, but before that of the end. All that happens when the thread comes to
 * its event loop; `signals` tell the session's thread whether it does, so that this can end the process
 * if it does not. Returns what takes the handlers away.
 *
 * Once there are handlers `addEventListener` is wrapped; `Deno.addSignalListener` is from the start.
 */
export function handleExit(flush: ExitFlush, signals: SignalWords | null): () => void {
  watchListeners();
  const removers = EVENTS.map((type) => {
    // The program may go on after an error. Ours is the last listener.
    const listener = (event: Event): void => void flush(type, !event.defaultPrevented);
    const entry = { type, listener };
    last.add(entry);
    addEventListener.call(globalThis, type, entry.listener);
    return (): void => {
      last.delete(entry);
      globalThis.removeEventListener(type, entry.listener);
    };
  });
  const onExit = (): void => void flush("exit", true);
  process.on("exit", onExit);
  removers.push(() => process.off("exit", onExit));
  const remove = (): void => callAll(removers);
  for (const signal of SIGNALS) {
    if (Deno.build.os === "windows" && signal.name === "SIGTERM") continue;
    const listener = (): void => {
      const isEnd = ownListeners(signal.name) === 0;
      const isWritten = flush(signal.name, isEnd);
      if (!isEnd) return;
      removeSignalListener(signal.name, listener);
      // It has been waited for once.
      if (!isWritten) remove();
      endBySignal(signal, isWritten);
    };
    addSignalListener(signal.name, listener);
    removers.push(() => removeSignalListener(signal.name, listener));
  }
  if (signals !== null) {
    removers.push(watchOwnListeners((signal, isOwn) => signals.setOwn(signal, isOwn)));
    removers.push(() => signals.end());
    signals.listen();
  }
  return remove;
}

/**
 * Ends the process as the signal would have, as far as the program is allowed to, and as nobody else
 * listens: a session's thread that is stuck still does.
 */
function endBySignal({ name, number }: EndingSignal, nobodyListens: boolean): void {
  const { state } = Deno.permissions.querySync({ name: "run" });
  if (nobodyListens && state === "granted") Deno.kill(Deno.pid, name);
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
