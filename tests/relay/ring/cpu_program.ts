/**
 * A worker that is a CPU in the tests. What it does it is told by messages; it answers each with
 * what came of it.
 */
import {
  claimCpu,
  type ClaimedCpu,
  type CpuPoolHandle,
  type RingWriter,
  runCpu,
} from "@ltt/relay/ring";
import { writeEvents } from "./events.ts";

/** What the worker is told. */
export type Order =
  /** Write events from the number `from` on; answered with how many were refused. */
  | { readonly type: "write"; readonly from: number; readonly count: number }
  /** Go on writing events as fast as possible for a while; answered before that begins, and after. */
  | { readonly type: "spin"; readonly forMs: number }
  /** Write an event and leave a slot open behind it. */
  | { readonly type: "leave open"; readonly from: number }
  /** Come to an end. */
  | { readonly type: "throw" | "close" }
  /** Claim a CPU of a pool, or give it back; answered with its number or -1. */
  | { readonly type: "claim"; readonly handle: CpuPoolHandle }
  | { readonly type: "release" };

const worker = globalThis as unknown as {
  postMessage(message: unknown): void;
  close(): void;
};
let writer: RingWriter | null = null;
let claimed: ClaimedCpu | null = null;
/** Events written at full speed so far. */
let spun = 0;

function obey(order: Order): number {
  switch (order.type) {
    case "write":
      return writeEvents(writer!, order.from, order.count);
    case "spin": {
      worker.postMessage(0);
      const end = performance.now() + order.forMs;
      for (; performance.now() < end; spun += 1000) writeEvents(writer!, spun, 1000);
      return 0;
    }
    case "leave open":
      writeEvents(writer!, order.from, 1);
      return writer!.reserve(16);
    case "throw":
      setTimeout(() => {
        throw new Error("as told");
      });
      return 0;
    case "close":
      setTimeout(() => worker.close());
      return 0;
    case "claim":
      claimed = claimCpu(order.handle);
      writer = claimed?.writers[0] ?? null;
      return claimed?.cpu ?? -1;
    case "release":
      claimed!.release();
      return claimed!.cpu;
  }
}

globalThis.addEventListener("message", (event) => {
  worker.postMessage(obey((event as MessageEvent<Order>).data));
});

if (new URL(import.meta.url).searchParams.has("claims")) {
  worker.postMessage(0);
} else {
  await runCpu(async (cpu) => {
    writer = cpu.writers[0];
    await new Promise((resolve) => cpu.signal.addEventListener("abort", resolve));
  });
}
