/**
 * A worker of the tests that takes part in a session. It answers each order with a number.
 */
import { type SessionHandle, TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";

/** What the worker is told. */
export type Order =
  /** Take part; answered with the CPU, -1 for none. */
  | { readonly type: "attach"; readonly handle: SessionHandle }
  /** Record numbered events; answered when that is done. */
  | {
    readonly type: "record";
    readonly from: number;
    readonly count: number;
    readonly name?: string;
  }
  /**
   * Record numbered events from 0 on until a word is not 0, which is answered before that begins.
   * The next number is stored in the word behind it after each event. Initially at full speed.
   */
  | { readonly type: "spin"; readonly words: SharedArrayBuffer; readonly paceMs?: number }
  /** Ask for a snapshot or a flush; answered when it is made, a flush with -1 if it is refused. */
  | { readonly type: "snapshot" | "flush" }
  /** Enable or disable events. */
  | { readonly type: "enable" | "disable"; readonly pattern: string }
  /** End the part in the session, or throw. */
  | { readonly type: "close" | "throw" };

const worker = globalThis as unknown as { postMessage(message: unknown): void };
let session: TraceSession | null = null;

async function obey(order: Order): Promise<number> {
  switch (order.type) {
    case "attach":
      session = TraceSession.attach(order.handle);
      return session.cpu ?? -1;
    case "record": {
      const event = session!.tracepoint(order.name ?? "t:n", u32("n"));
      for (let n = order.from; n < order.from + order.count; n++) event(n);
      return order.count;
    }
    case "spin": {
      const words = new Int32Array(order.words);
      const event = session!.tracepoint("t:n", u32("n"));
      worker.postMessage(0);
      let n = 0;
      while (Atomics.load(words, 0) === 0) {
        event(n++);
        Atomics.store(words, 1, n);
        if (order.paceMs === undefined) continue;
        const next = performance.now() + order.paceMs;
        while (performance.now() < next);
      }
      return n;
    }
    case "snapshot":
      await session!.snapshot("from a worker");
      return 0;
    case "flush":
      return await session!.flush().then(() => 0, () => -1);
    case "enable":
      session!.enable(order.pattern);
      return 0;
    case "disable":
      session!.disable(order.pattern);
      return 0;
    case "close":
      await session!.close();
      return 0;
    case "throw":
      setTimeout(() => {
        throw new Error("as told");
      });
      return 0;
  }
}

globalThis.addEventListener("message", async (event) => {
  worker.postMessage(await obey((event as MessageEvent<Order>).data));
});
