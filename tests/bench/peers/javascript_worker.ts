/** A thread of a peer in JavaScript. */
import type { Order } from "./javascript_program.ts";
import { writers } from "./javascript_writers.ts";

const worker = globalThis as unknown as {
  onmessage: (event: MessageEvent) => void;
  postMessage(message: unknown): void;
};

/** A slice is a call: code that is entered often is compiled in full. */
const SLICES = 50;

worker.onmessage = async ({ data }) => {
  const { order, stop, path } = data as { order: Order; stop: Int32Array; path: string };
  const { events, event, writer } = order;
  const write = await writers[writer].open(event, path);
  const slice = Math.ceil(events / SLICES);
  for (let i = 0; i < SLICES / 5; i++) write(slice);
  worker.onmessage = () => {
    let written = 0;
    const start = performance.now();
    do {
      write(slice);
      written += slice;
    } while (written < events && Atomics.load(stop, 0) === 0);
    const ns = (performance.now() - start) * 1e6 / written;
    Atomics.store(stop, 0, 1);
    worker.postMessage(ns);
  };
  worker.postMessage("ready");
};
