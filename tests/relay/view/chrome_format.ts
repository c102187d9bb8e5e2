/*
 * What the description of the Trace Event Format asks of a file: JSON Object Format, and of its entries
 * by their phase. It is checked as a reader sees it, without knowledge of how the file was made.
 */
import { assert, assertEquals } from "@std/assert";

/** An entry of `traceEvents`. */
export interface ChromeEvent {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly cat?: string;
  readonly id?: string;
  readonly s?: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A file in the JSON Object Format. */
export interface ChromeTrace {
  readonly traceEvents: readonly ChromeEvent[];
  readonly displayTimeUnit: string;
  readonly otherData: Readonly<Record<string, unknown>>;
}

/** Names of metadata, and the type of what each has in `args`. */
const METADATA: Readonly<Record<string, readonly [key: string, type: string]>> = {
  process_name: ["name", "string"],
  process_labels: ["labels", "string"],
  process_sort_index: ["sort_index", "number"],
  thread_name: ["name", "string"],
  thread_sort_index: ["sort_index", "number"],
};

/** Reads a file; fails for what the format does not have. */
export function readChromeTrace(text: string): ChromeTrace {
  const trace: ChromeTrace = JSON.parse(text);
  assert(Array.isArray(trace.traceEvents), "traceEvents is an array");
  assert(["ms", "ns"].includes(trace.displayTimeUnit), "displayTimeUnit is ms or ns");
  for (const one of trace.traceEvents) checkEvent(one);
  checkAsync(trace.traceEvents);
  checkStacks(trace.traceEvents);
  return trace;
}

function checkEvent(event: ChromeEvent): void {
  const shown = JSON.stringify(event);
  const { name, ph, ts, dur, pid, tid, cat, s, args } = event;
  assertEquals(typeof name, "string", shown);
  assert(Number.isFinite(ts), `ts is a number: ${shown}`);
  for (const number of [pid, tid]) assert(Number.isInteger(number) && number >= 0, shown);
  assert(typeof args === "object" && args !== null && !Array.isArray(args), shown);
  switch (ph) {
    case "i":
      assert(s === undefined || ["g", "p", "t"].includes(s), `scope: ${shown}`);
      break;
    case "X":
      assert(typeof dur === "number" && dur >= 0, `dur: ${shown}`);
      break;
    case "B":
    case "E":
      break;
    case "b":
    case "n":
    case "e":
      // Asynchronous events belong together by category and id.
      assert(typeof cat === "string" && cat !== "", `cat: ${shown}`);
      assert(["string", "number"].includes(typeof event.id), `id: ${shown}`);
      break;
    case "C":
      assert(Object.keys(args).length > 0, `a counter counts something: ${shown}`);
      for (const value of Object.values(args)) assertEquals(typeof value, "number", shown);
      break;
    case "M": {
      assert(Object.hasOwn(METADATA, name), `metadata: ${shown}`);
      const [key, type] = METADATA[name];
      assertEquals(typeof args[key], type, shown);
      break;
    }
    default:
      throw new TypeError(`Cannot take the phase ${ph}: ${shown}`);
  }
}

/** Of each category and id: ends have a begin, and none is before it. */
function checkAsync(events: readonly ChromeEvent[]): void {
  const begins = new Map<string, ChromeEvent>();
  for (const one of events) {
    if (one.ph !== "b") continue;
    const key = JSON.stringify([one.cat, one.id]);
    assert(!begins.has(key), `begun twice: ${key}`);
    begins.set(key, one);
  }
  for (const one of events) {
    if (one.ph !== "e") continue;
    const key = JSON.stringify([one.cat, one.id]);
    const begin = begins.get(key);
    assert(begin !== undefined, `ended without a begin: ${key}`);
    assert(begins.delete(key), `ended twice: ${key}`);
    assertEquals([one.name, one.pid], [begin.name, begin.pid]);
    assert(one.ts >= begin.ts, `ended before it began: ${key}`);
  }
}

/** Complete events of a thread lie in each other or apart; a begin alone goes on to the end. */
function checkStacks(events: readonly ChromeEvent[]): void {
  const threads = Map.groupBy(
    events.filter(({ ph }) => "XB".includes(ph))
      .map((one) => ({ dur: Infinity, ...one })),
    ({ pid, tid }) => `${pid}/${tid}`,
  );
  for (const list of threads.values()) {
    const ends: number[] = [];
    for (const { ts, dur } of list.toSorted((a, b) => a.ts - b.ts || b.dur! - a.dur!)) {
      while (ends.length > 0 && ends[ends.length - 1] <= ts) ends.pop();
      const end = ts + dur!;
      // Microseconds are doubles here: half a nanosecond is none.
      const outer = ends.at(-1) ?? Infinity;
      assert(end <= outer + 0.0005, `${ts} to ${end} does not end in what it began in`);
      ends.push(end);
    }
  }
}
