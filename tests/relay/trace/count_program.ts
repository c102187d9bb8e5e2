/*
 * A worker that counts so many events of a thread without a CPU.
 */
import { Registry } from "../../../relay/trace/registry.ts";

const port = globalThis as unknown as {
  postMessage(message: unknown): void;
  onmessage: (event: MessageEvent) => void;
};

port.onmessage = ({ data: { ram, gate, count } }) => {
  const registry = new Registry(ram, 0);
  // All begin at once.
  const waiting = new Int32Array(gate);
  Atomics.add(waiting, 0, -1);
  while (Atomics.load(waiting, 0) > 0);
  for (let i = 0; i < count; i++) registry.countUnattached();
  port.postMessage("done");
};
port.postMessage("ready");
