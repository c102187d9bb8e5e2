import { thrownText } from "../../hw/log.ts";
import type { CpuAnswer, CpuHello, CpuInit, CpuRequest } from "./cpu_messages.ts";
import { type ClientOfChannel, RingWriters } from "./ring_writers.ts";
import { holdThreadLock } from "./thread_lock.ts";
import type { RingWriter } from "./writer.ts";

/** The CPU that a worker is, while it is up. */
export interface ThisCpu {
  /** Its number. */
  readonly cpu: number;
  /** Writer of its ring in each channel, in the order of the channels given to the CPU. */
  readonly writers: readonly RingWriter[];
  /** Whether it is asked to go: a load of a shared word at each look, for loops that never wait. */
  readonly leaving: boolean;
  /** Aborted when it is asked to go, for code that waits. */
  readonly signal: AbortSignal;
}

/** What a worker does as a CPU. */
export interface RunCpuOptions {
  /** Makes the client of each channel's ring, as on the booting thread. Initially no header. */
  readonly client?: ClientOfChannel;
}

/**
 * Makes the worker that calls it the CPU that {@linkcode CpuWorker.start} started it for. `program`
 * is run each time the CPU comes up, and must return when it is asked to go: then the CPU is parked
 * and nothing can be written. Resolves once the worker is parked for the first time; what `program`
 * throws is the worker's end.
 */
export async function runCpu(
  program: (cpu: ThisCpu) => void | Promise<void>,
  options: RunCpuOptions = {},
): Promise<void> {
  const { cpu, lock, parking, port } = await init();
  const rings = new RingWriters(cpu, options.client);
  const leaving = new Int32Array(parking);
  const answer = (message: CpuAnswer): void => port.postMessage(message);
  let running = Promise.resolve();
  let abort = new AbortController();

  const up = async (): Promise<void> => {
    abort = new AbortController();
    answer({ type: "up" });
    await program({
      cpu,
      writers: rings.writers,
      get leaving(): boolean {
        return Atomics.load(leaving, 0) === 1;
      },
      signal: abort.signal,
    });
  };

  port.onmessage = async ({ data }: MessageEvent<CpuRequest>): Promise<void> => {
    switch (data.type) {
      case "up":
        rings.attach(data.rings);
        running = up();
        break;
      case "park":
        abort.abort();
        await running;
        rings.detach();
        answer({ type: "park" });
        break;
      case "flush":
        try {
          answer({ type: "flush", closed: rings.flush(data.mode) });
        } catch (error) {
          answer({ type: "flush", closed: false, error: thrownText(error) });
        }
        break;
    }
  };
  await holdThreadLock(lock);
  answer({ type: "present" });
}

/** Asks which CPU to be, and waits for the answer; the worker's other messages are left alone. */
function init(): Promise<CpuInit> {
  const worker = globalThis as unknown as { postMessage?(message: CpuHello): void };
  if (worker.postMessage === undefined) {
    throw new TypeError("Cannot run a CPU on the main thread: it takes a worker");
  }
  worker.postMessage({ type: "@ltt/relay/cpu" });
  return new Promise((resolve) => {
    const listener = (event: Event): void => {
      const { data } = event as MessageEvent;
      if (data?.type !== "@ltt/relay/cpu") return;
      event.stopImmediatePropagation();
      globalThis.removeEventListener("message", listener);
      resolve(data);
    };
    globalThis.addEventListener("message", listener);
  });
}
