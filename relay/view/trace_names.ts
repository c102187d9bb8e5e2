import { dirname } from "node:path";
import type { EventClass, LostEvents } from "../ctf/mod.ts";
import type { OriginOf } from "./origins.ts";

/** What people call traces that are shown beside each other: what their directories differ in. */
export class TraceNames {
  /** All of them, of each directory. */
  readonly all: readonly string[];
  readonly #directories: readonly string[];
  readonly #keys: () => readonly (string | null)[];
  readonly #originOf: OriginOf;

  /** Of traces in directories; `keys` is what tells each apart, `null` as long as it has no metadata. */
  constructor(
    directories: readonly string[],
    keys: () => readonly (string | null)[],
    originOf: OriginOf,
  ) {
    this.all = distinctNames(directories);
    this.#directories = directories;
    this.#keys = keys;
    this.#originOf = originOf;
  }

  /** The name of what is told apart so; of parts of a trace the first one's. */
  ofTrace(trace: string): string {
    return this.all[this.#keys().indexOf(trace)] ?? "";
  }

  /** The name of the trace whose events are of a class. */
  ofClass(eventClass: EventClass): string {
    return this.ofTrace(this.#originOf(eventClass).trace);
  }

  /** The name of the trace that has lost events. */
  ofLost({ stream = "" }: LostEvents): string {
    return this.ofTrace(this.#keys()[this.#directories.indexOf(dirname(stream))] ?? "");
  }
}

/** The last part of each path, and as many before it as tell it from the others. */
export function distinctNames(paths: readonly string[]): string[] {
  const all = paths.map((path) => path.split("/"));
  return all.map((own, i) => {
    for (let count = 1; count < own.length; count++) {
      const name = own.slice(-count).join("/");
      const isTaken = all.some((other, at) => at !== i && other.slice(-count).join("/") === name);
      if (!isTaken) return name;
    }
    return paths[i];
  });
}
