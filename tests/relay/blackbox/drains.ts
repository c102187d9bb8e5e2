/** Black boxes that are drained to a directory while a test watches. */
import { BoxFile, drain, DrainLock, type Recovered } from "../../../relay/blackbox/mod.ts";
import type { TraceOutput } from "../../../relay/consume/mod.ts";
import { newTrace } from "./boxes.ts";

/** What a drain is told of on its way. */
export interface Watch {
  /** Called when a packet is written, with how many that are. */
  readonly packet?: (packets: number) => void;
  readonly signal?: AbortSignal;
  /** Initially a new trace. */
  readonly output?: (box: BoxFile) => TraceOutput;
}

/** Drains a black box to a directory, until its program ends or the signal is aborted. */
export async function drainTo(
  file: string,
  trace: string,
  { packet = () => {}, signal, output = () => newTrace(trace) }: Watch = {},
): Promise<Recovered> {
  using box = new BoxFile(file, true);
  using lock = new DrainLock(box);
  const inner = output(box);
  let packets = 0;
  try {
    return await drain(lock, {
      name: inner.name,
      metadata: (bytes) => inner.metadata(bytes),
      packet: (cpu, pieces) => {
        inner.packet(cpu, pieces);
        packet(++packets);
      },
      provisional: (cpu, packet) => inner.provisional(cpu, packet),
      close: () => {},
    }, signal);
  } finally {
    inner.close();
  }
}
