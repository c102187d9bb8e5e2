/** The event with which a worker says its name, on its own CPU, before anything else. */
export const WORKER_BEGIN: string = "worker:begin";
/** Events that only programs have whose workers say their names. */
const OF_WORKERS: readonly string[] = ["worker:start", WORKER_BEGIN];
/** What the thread is called that is no worker. */
export const MAIN_THREAD: string = "main";

/** Whether an event shows that workers say their names: who has not done so is none. */
export function isOfWorkers(eventName: string): boolean {
  return OF_WORKERS.includes(eventName);
}

/**
 * Whether a CPU is that of the main thread, in a trace whose workers say their names: who begins a session of this
 * module has the first CPU from then to the end.
 */
export function isMainCpu(
  cpu: number,
  env: Readonly<Record<string, string | number | bigint>> | undefined,
): boolean {
  return cpu === 0 && env?.tracer_name === "ltt-relay-deno";
}
