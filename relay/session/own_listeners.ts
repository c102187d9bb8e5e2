import process from "node:process";
import { setImmediate } from "node:timers";
import { type EndingSignal, SIGNALS } from "./signals.ts";
import { replaceMethod } from "./wrappers.ts";

type SignalName = EndingSignal["name"];

/** Is told whether the program may listen to a signal itself. */
export type OwnWatcher = (signal: SignalName, isOwn: boolean) => void;

// That of the program may be wrapped by the time it is called.
const later = setImmediate;

/** Adds a listener that is not the program's. */
export const addSignalListener: typeof Deno.addSignalListener = Deno.addSignalListener;
/** Takes it away. */
export const removeSignalListener: typeof Deno.removeSignalListener = Deno.removeSignalListener;

/** Listeners that the program has added by `Deno.addSignalListener`: the runtime does not tell. */
const listened: Readonly<Record<SignalName, Set<() => void>>> = {
  SIGINT: new Set(),
  SIGTERM: new Set(),
};
const watchers = new Set<OwnWatcher>();

/** How many listeners to a signal this thread's program has, those of `node:process` included. */
export function ownListeners(signal: SignalName): number {
  return listened[signal].size + process.listenerCount(signal);
}

/**
 * Tells whether the program may listen to a signal itself: now, before a listener is added, and when the
 * event loop has turned after one was taken away; one that takes itself away may be at work until then.
 * Returns what ends that.
 */
export function watchOwnListeners(watcher: OwnWatcher): () => void {
  for (const { name } of SIGNALS) watcher(name, ownListeners(name) > 0);
  watchers.add(watcher);
  process.on("newListener", noteAdded);
  process.on("removeListener", noteRemoved);
  return () => {
    watchers.delete(watcher);
    process.off("newListener", noteAdded);
    process.off("removeListener", noteRemoved);
  };
}

function noteAdded(signal: unknown): void {
  if (!isEnding(signal)) return;
  for (const watcher of watchers) watcher(signal, true);
  // It may not have been added after all.
  noteRemoved(signal);
}

function noteRemoved(signal: unknown): void {
  if (!isEnding(signal) || watchers.size === 0) return;
  later(() => {
    for (const watcher of watchers) watcher(signal, ownListeners(signal) > 0);
  });
}

function isEnding(signal: unknown): signal is SignalName {
  return typeof signal === "string" && Object.hasOwn(listened, signal);
}

/** Knows of the program's listeners from the time this module is loaded. */
function watchSignals(): void {
  replaceMethod(Deno, "addSignalListener", (original) => (signal: unknown, handler: () => void) => {
    noteAdded(signal);
    original(signal, handler);
    if (isEnding(signal)) listened[signal].add(handler);
  });
  replaceMethod(
    Deno,
    "removeSignalListener",
    (original) => (signal: unknown, handler: () => void) => {
      original(signal, handler);
      if (isEnding(signal)) listened[signal].delete(handler);
      noteRemoved(signal);
    },
  );
}

watchSignals();
