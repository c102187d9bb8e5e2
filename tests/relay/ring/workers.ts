/** Workers of the tests that obey `cpu_program.ts`, and their answers. */
import type { Order } from "./cpu_program.ts";

/** Whether workers cannot be had: they read their modules. */
export const ignore = Deno.permissions.querySync({ name: "read" }).state !== "granted";

/** Resolves to the next message of a worker. */
export function answerOf<T = number>(worker: Worker): Promise<T> {
  return new Promise((resolve) => worker.onmessage = ({ data }) => resolve(data));
}

/** Tells a worker to do something, and resolves to its answer. */
export function tell(worker: Worker, order: Order): Promise<number> {
  const answer = answerOf(worker);
  worker.postMessage(order);
  return answer;
}
