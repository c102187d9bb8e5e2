import type { EventClass, LostEvents, TraceEvent } from "../ctf/mod.ts";
import { chromeArguments, microseconds } from "./chrome_values.ts";
import type { EventOrigin, OriginOf } from "./origins.ts";
import { pairRole } from "./pair_rules.ts";
import { type Pair, Pairs, type Unended } from "./pairs.ts";
import { isMainCpu, isOfWorkers, MAIN_THREAD, WORKER_BEGIN } from "./thread_names.ts";

/** A trace as Chrome's viewers number it. */
interface ChromeProcess {
  readonly pid: number;
  /** Names of the threads that had each CPU, one after the other. */
  readonly threads: Map<number, Set<string>>;
  /** Whether its workers say their names. */
  hasWorkers: boolean;
}

/** Begins of a thread that are kept. */
const MAX_STACK = 65_536;

/** What stands in an entry, beside its name. */
type Entry = Readonly<Record<string, string | number>>;

/**
 * Events in Chrome's Trace Event Format, an object of JSON, which Perfetto and Chrome's own viewer read:
 *
 * | in the trace | there |
 * | --- | --- |
 * | an event | an instant, `i`, of its thread |
 * | what lasted, ends on its thread what began last | a complete event, `X` |
 * | what else lasted, and may overlap | an asynchronous event, `b` and `e` |
 * | what has not ended | `B` or `b` alone |
 * | what was recorded | `args`: `fields`, `context`, and in `end` those of the event it ended with |
 * | lost events | a counter, `C`, that grows |
 * | a trace, a CPU | process and thread, named by metadata, `M`, the thread anew when its name is told |
 *
 * Times are microseconds since `otherData.begin_ns`, with all their digits. Integers that a double does not
 * hold are text. It is made piece by piece: what is kept in memory is what is under way.
 */
export class ChromeJson {
  readonly #originOf: OriginOf;
  readonly #beginNs: bigint;
  readonly #pairs: Pairs;
  readonly #nested = new Map<EventClass, boolean>();
  readonly #processes = new Map<string, ChromeProcess>();
  /** What has begun on each thread, the innermost last. */
  readonly #stacks = new Map<string, TraceEvent[]>();
  readonly #lost = new Map<string, number>();
  #asyncIds = 0;
  #isFirst = true;

  /** Times count from `beginNs`, nanoseconds since 1970. */
  constructor(beginNs: bigint, originOf: OriginOf) {
    this.#beginNs = beginNs;
    this.#originOf = originOf;
    this.#pairs = new Pairs((eventClass) => originOf(eventClass).trace);
  }

  /** What stands before all events. */
  begin(): string {
    return `{"displayTimeUnit":"ns","otherData":{"begin_ns":"${this.#beginNs}"},"traceEvents":[`;
  }

  /** An event, and what ended with it. */
  event(event: TraceEvent): string {
    const { trace, env } = this.#originOf(event.class);
    const { pid, names } = this.#place(trace, env, event.cpu);
    const tid = tidOf(event.cpu);
    const threads = this.#threadNames(event, this.#processes.get(trace)!, env);
    const text = names + threads + this.#entry(event.class.name, {
      cat: categoryOf(event.class.name),
      ph: "i",
      s: "t",
      ts: microseconds(event.time),
      pid,
      tid,
    }, chromeArguments(event));
    const pair = this.#pairs.push(event);
    if (this.#beginsNested(event.class)) this.#stackOf(event, pid).push(event);
    return pair === null ? text : text + this.#pair(pair, pid);
  }

  /** Events that a trace lost, as a count of all up to now. */
  lost({ cpu, begin, end, count }: LostEvents, trace: string, env: EventOrigin["env"]): string {
    const key = `${trace} ${cpu}`;
    const before = this.#lost.get(key) ?? 0;
    this.#lost.set(key, before + count);
    const { pid, names } = this.#place(trace, env, cpu);
    return names + [[begin, before], [end, before + count]].map(([time, total]) => {
      const fields = { ph: "C", ts: microseconds(time), pid, tid: tidOf(cpu) };
      return this.#entry(`lost on ${cpuName(cpu)}`, fields, `{"events":${total}}`);
    }).join("");
  }

  /** What has not ended, and what stands behind all events. */
  end(): string {
    const open = [...this.#pairs.unended()].map((one) => this.#unended(one)).join("");
    return `${open}\n]}\n`;
  }

  #pair({ name, begin, end, beginTime, duration }: Pair, pid: number): string {
    const first = begin ?? end;
    const common = { cat: categoryOf(name), pid, tid: tidOf(first.cpu) };
    if (begin !== null && this.#takeInnermost(begin, pid)) {
      const fields = { ph: "X", ts: microseconds(beginTime), dur: microseconds(duration) };
      return this.#entry(name, { ...common, ...fields }, chromeArguments(begin, end));
    }
    const id = this.#nextId();
    const begun = { ...common, ph: "b", id, ts: microseconds(beginTime) };
    const ended = { ...common, ph: "e", id, ts: microseconds(beginTime + duration) };
    return this.#entry(name, begun, chromeArguments(first)) +
      this.#entry(name, ended, begin === null ? "{}" : chromeArguments(end));
  }

  #unended({ name, begin }: Unended): string {
    const { trace, env } = this.#originOf(begin.class);
    const { pid, names } = this.#place(trace, env, begin.cpu);
    const common = {
      cat: categoryOf(name),
      pid,
      tid: tidOf(begin.cpu),
      ts: microseconds(begin.time),
    };
    const fields = this.#stackOf(begin, pid).includes(begin)
      ? { ...common, ph: "B" }
      : { ...common, ph: "b", id: this.#nextId() };
    return names + this.#entry(name, fields, chromeArguments(begin));
  }

  /** Whether events of a class begin what may be inside of what began before on its thread. */
  #beginsNested(eventClass: EventClass): boolean {
    let isNested = this.#nested.get(eventClass);
    if (isNested === undefined) {
      const role = pairRole(eventClass);
      isNested = role !== null && role.part === "begin" && role.link === null;
      this.#nested.set(eventClass, isNested);
    }
    return isNested;
  }

  /** What has begun on the thread of an event. */
  #stackOf({ cpu }: TraceEvent, pid: number): TraceEvent[] {
    const key = `${pid} ${cpu}`;
    let stack = this.#stacks.get(key);
    if (stack === undefined) this.#stacks.set(key, stack = []);
    // An end that is lost must not cost memory for ever: what began so long ago overlaps others.
    if (stack.length > MAX_STACK) stack.splice(0, stack.length - MAX_STACK / 2);
    return stack;
  }

  /** Takes a begin out of its thread; whether it was the innermost: viewers nest what is on a thread. */
  #takeInnermost(begin: TraceEvent, pid: number): boolean {
    const stack = this.#stackOf(begin, pid);
    const at = stack.lastIndexOf(begin);
    if (at < 0) return false;
    stack.splice(at, 1);
    return at === stack.length;
  }

  /** The process of a trace, and the names of it and of a CPU's thread where these are new. */
  #place(trace: string, env: EventOrigin["env"], cpu: number): { pid: number; names: string } {
    let found = this.#processes.get(trace);
    let names = "";
    if (found === undefined) {
      const pid = this.#freePid(Number(env.vpid));
      found = { pid, threads: new Map(), hasWorkers: false };
      this.#processes.set(trace, found);
      const title = [env.trace_name ?? env.procname, env.hostname].filter(Boolean).join(" on ");
      names += this.#name("process_name", found.pid, 0, title || "trace");
    }
    const { pid, threads } = found;
    if (!threads.has(cpu)) {
      threads.set(cpu, new Set());
      names += this.#name("thread_name", pid, tidOf(cpu), cpuName(cpu));
    }
    return { pid, names };
  }

  /** What an event tells of the names of its process's threads, if that is new: the last one counts for viewers. */
  #threadNames(
    { class: { name: eventName }, cpu, fields, context }: TraceEvent,
    process: ChromeProcess,
    env: EventOrigin["env"],
  ): string {
    const told = eventName === WORKER_BEGIN ? fields.name : context?.worker_name;
    let text = typeof told === "string" ? this.#threadName(process, cpu, told) : "";
    const isNew = !process.hasWorkers && isOfWorkers(eventName);
    process.hasWorkers ||= isNew;
    for (const one of isNew ? process.threads.keys() : process.hasWorkers ? [cpu] : []) {
      if (!isMainCpu(one, env) || process.threads.get(one)!.size > 0) continue;
      text += this.#threadName(process, one, MAIN_THREAD);
    }
    return text;
  }

  #threadName({ pid, threads }: ChromeProcess, cpu: number, name: string): string {
    const names = threads.get(cpu)!;
    if (name === "" || names.has(name)) return "";
    names.add(name);
    return this.#name("thread_name", pid, tidOf(cpu), `${cpuName(cpu)} · ${[...names].join(", ")}`);
  }

  /** The program's own number, if it is one, and no other trace has it. */
  #freePid(wanted: number): number {
    const taken = new Set(Array.from(this.#processes.values(), ({ pid }) => pid));
    let pid = Number.isSafeInteger(wanted) && wanted > 0 ? wanted : 1;
    while (taken.has(pid)) pid++;
    return pid;
  }

  #name(what: string, pid: number, tid: number, name: string): string {
    return this.#entry(what, { ph: "M", ts: 0, pid, tid }, `{"name":${JSON.stringify(name)}}`);
  }

  #nextId(): string {
    return `"0x${(++this.#asyncIds).toString(16)}"`;
  }

  /** An entry. `ts`, `dur` and `id` are JSON already, other text is not. */
  #entry(name: string, fields: Entry, args: string): string {
    const parts = Object.entries(fields).map(([key, value]) => {
      const isJson = typeof value === "number" || key === "ts" || key === "dur" || key === "id";
      return `"${key}":${isJson ? value : JSON.stringify(value)}`;
    });
    const comma = this.#isFirst ? "" : ",";
    this.#isFirst = false;
    return `${comma}\n{"name":${JSON.stringify(name)},${parts.join(",")},"args":${args}}`;
  }
}

/** Threads are numbered from 1 on: some viewers take 0 for a CPU that does nothing. */
function tidOf(cpu: number): number {
  return cpu + 2;
}

function cpuName(cpu: number): string {
  return cpu < 0 ? "unknown CPU" : `CPU ${cpu}`;
}

/** `http` of `http:server`. */
function categoryOf(name: string): string {
  return name.split(":", 1)[0] || "event";
}
