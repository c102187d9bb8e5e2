/*
 * A worker that declares the tracepoints it is told to, as fast as it can, and says which numbers it got.
 */
import { string, u16 } from "@ltt/relay/ctf";
import { Registry } from "../../../relay/trace/registry.ts";

const port = globalThis as unknown as {
  postMessage(message: unknown): void;
  onmessage: (event: MessageEvent) => void;
};

port.onmessage = ({ data: { ram, address, order, gate } }) => {
  const registry = new Registry(ram, address);
  const fields = [u16("a"), string("b")];
  // All begin at once.
  const waiting = new Int32Array(gate);
  Atomics.add(waiting, 0, -1);
  while (Atomics.load(waiting, 0) > 0);
  const declared = (order as number[]).map((i) => {
    const id = registry.declare({ name: `t:${i}`, loglevel: 13, fields, size: 8 });
    return [i, id];
  });
  port.postMessage(declared);
};
port.postMessage("ready");
