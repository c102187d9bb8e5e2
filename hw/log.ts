import { Listeners } from "./listeners.ts";

/** Severity of a message, 0 (emergency) to 7 (debug); `null` when none was given. */
export type LogLevel = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | null;

/** The system is unusable. Linux 2.6.29, include/linux/kernel.h, as all levels. */
export const KERN_EMERG: LogLevel = 0;
/** Action must be taken at once. */
export const KERN_ALERT: LogLevel = 1;
/** An error. */
export const KERN_ERR: LogLevel = 3;
/** A warning. */
export const KERN_WARNING: LogLevel = 4;
/** Normal but significant. */
export const KERN_NOTICE: LogLevel = 5;

/**
 * One entry of the log: a message, whose text ends with its newline, or a warning with the name of
 * the kernel function and what was the case, as the kernel's source puts it.
 */
export type LogEntry =
  | { readonly type: "printk"; readonly level: LogLevel; readonly text: string }
  | { readonly type: "warn"; readonly function: string; readonly condition: string };

/** An entry as one line without newline, a level in front as in the kernel's log buffer. */
export function formatLogEntry(entry: LogEntry): string {
  if (entry.type === "warn") return `<4>WARNING: at ${entry.function}(): ${entry.condition}`;
  const prefix = entry.level === null ? "" : `<${entry.level}>`;
  return prefix + entry.text.trimEnd();
}

/** What was thrown, as text for the log; it may be anything. */
export function thrownText(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "something that has no text";
  }
}

/**
 * The machine's log: `printk` and `WARN_ON`, to be read afterwards or listened to. It keeps the
 * newest {@linkcode KernelLog.capacity} entries and counts the older ones it lets go.
 */
export class KernelLog {
  /** Most entries kept. */
  readonly capacity: number;
  readonly #entries: LogEntry[] = [];
  #dropped = 0;
  readonly #listeners = new Listeners<LogEntry>();

  /** An empty log for `capacity` entries, at least 1. */
  constructor(capacity: number = 4096) {
    if (!(capacity >= 1)) throw new RangeError(`Cannot keep a log of ${capacity} entries`);
    this.capacity = capacity;
  }

  /** Entries kept, oldest first: a copy. */
  get entries(): LogEntry[] {
    return [...this.#entries];
  }

  /** Entries let go because newer ones needed their place. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Logs a message. `text` should end with a newline, as the kernel's do. */
  printk(level: LogLevel, text: string): void {
    this.#append({ type: "printk", level, text });
  }

  /** Logs a warning if `condition` holds, and answers `condition` (`WARN_ON`). */
  warnOn(condition: boolean, functionName: string, conditionText: string): boolean {
    if (condition) {
      this.#append({ type: "warn", function: functionName, condition: conditionText });
    }
    return condition;
  }

  /**
   * Calls `listener` synchronously with each further entry, until the function returned is
   * called. What a listener throws is an uncaught error once the machine has done what it is in
   * the middle of.
   */
  subscribe(listener: (entry: LogEntry) => void): () => void {
    return this.#listeners.add(listener);
  }

  #append(entry: LogEntry): void {
    this.#entries.push(Object.freeze(entry));
    if (this.#entries.length > this.capacity) {
      this.#entries.shift();
      this.#dropped++;
    }
    this.#listeners.tell(entry);
  }
}
