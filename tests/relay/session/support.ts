import { type SessionOptions, sumLost, TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";
import { assertEquals } from "@std/assert";
import { babeltrace, BABELTRACE_MISSING, type BabeltraceRun } from "../ctf/babeltrace.ts";
import type { Order } from "./worker_program.ts";

export { until } from "../until.ts";

/** Sessions read their modules and write; what they wrote is read by babeltrace2. */
export const ignore: boolean = BABELTRACE_MISSING;

/** A directory that is removed in the end. */
export class TempDirectory implements Disposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "ltt-session-" });

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Starts a session with a trace in a directory. */
export function startSession(
  { path }: TempDirectory,
  options: SessionOptions = {},
): Promise<TraceSession> {
  return TraceSession.start({ output: `${path}/trace`, switchTimerMs: 0, ...options });
}

/** A tracepoint with a number. */
export function numbered(session: TraceSession, name = "t:n"): (n: number) => void {
  return session.tracepoint(name, u32("n"));
}

/** Numbers from `from` on. */
export function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** A trace as babeltrace2 shows it. */
export interface Trace extends BabeltraceRun {
  /** Fields `n` of the events, in order, by CPU. */
  readonly numbers: ReadonlyMap<number, readonly number[]>;
  /** Events and packets it warns of as discarded. */
  readonly lost: number;
  readonly lostPackets: number;
}

/** Reads a trace; fails unless babeltrace2 takes it without an error. */
export async function readTrace(path: string): Promise<Trace> {
  const run = await babeltrace(path);
  assertEquals(run.exitCode, 0, run.stderr);
  const numbers = new Map<number, number[]>();
  for (const { packetContext, fields } of run.events) {
    const cpu = packetContext.cpu_id as number;
    if (!numbers.has(cpu)) numbers.set(cpu, []);
    numbers.get(cpu)!.push(fields.n as number);
  }
  const count = (what: "events" | "packets"): number =>
    run.discarded.filter((one) => one.what === what).reduce((sum, { count }) => sum + count, 0);
  return { ...run, numbers, lost: count("events"), lostPackets: count("packets") };
}

/** Fails unless a trace has all the events a session says to have recorded, and lacks those it lost. */
export function assertAgrees(session: TraceSession, trace: Trace): void {
  const { events, lost, cpus } = session.statistics();
  assertEquals(trace.events.length, events, "events in the trace");
  assertEquals(trace.lost, sumLost(lost), "events babeltrace2 warns of");
  for (const { cpu, events } of cpus) {
    assertEquals(trace.numbers.get(cpu)?.length ?? 0, events, `events of CPU ${cpu}`);
  }
}

/** A worker that is told what to do. */
export class TestWorker implements Disposable {
  readonly #worker: Worker;

  constructor(name = "") {
    const url = new URL("./worker_program.ts", import.meta.url);
    this.#worker = new Worker(url, { type: "module", name });
  }

  /** Tells it to do something, and resolves to its answer. */
  tell(order: Order): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }) => resolve(data);
      this.#worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      this.#worker.postMessage(order);
    });
  }

  /** Has it take part in a session; resolves to its CPU, -1 if it gets none. */
  attach({ handle }: TraceSession): Promise<number> {
    return this.tell({ type: "attach", handle });
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}

/** Workers that are used one after the other. The next ones load their modules meanwhile. */
export class WorkersInTurn implements Disposable {
  /** Not used yet, in their turn. */
  readonly #waiting: TestWorker[] = [];
  #unmade: number;

  /** So many. */
  constructor(count: number) {
    this.#unmade = count;
    this.#make(2);
  }

  /** The next one, for its user to dispose of. */
  next(): TestWorker {
    this.#make(1);
    return this.#waiting.shift()!;
  }

  [Symbol.dispose](): void {
    for (const worker of this.#waiting) worker[Symbol.dispose]();
  }

  #make(count: number): void {
    for (; count > 0 && this.#unmade > 0; count--, this.#unmade--) {
      this.#waiting.push(new TestWorker());
    }
  }
}

/** How a child process ended. */
export interface ChildEnd {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of the programs beside this module, or elsewhere, to its end; for 30 s at most. */
export async function runChild(
  program: string,
  args: readonly string[],
  options: { readonly flags?: readonly string[]; readonly env?: Record<string, string> } = {},
): Promise<ChildEnd> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...options.flags ?? ["--allow-all"], program, ...args],
    env: { NO_COLOR: "1", ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  try {
    const { code, signal, stdout, stderr } = await child.output();
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    return { code, signal, stdout: text(stdout), stderr: text(stderr) };
  } finally {
    clearTimeout(timer);
  }
}

/** Path of a module beside this one. */
export function beside(name: string): string {
  return new URL(`./${name}`, import.meta.url).pathname;
}
