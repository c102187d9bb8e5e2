/**
 * A program of the tests that comes to an end: `exit_program.ts HOW [TRACE]`. With TRACE it records the
 * numbers 0 to 99 before, and what it says on the way.
 */
import process from "node:process";
import { TraceSession } from "@ltt/relay/session";
import { u32 } from "@ltt/relay/trace";

const [how, output] = Deno.args;

/** Records a number; does nothing without a trace. */
let event = (_n: number): void => {};
let worker: Worker | null = null;

if (how === "own listener, added first") addListener();
if (output !== undefined) {
  const session = await TraceSession.start({ output, switchTimerMs: 0 });
  event = session.tracepoint("t:n", u32("n"));
  if (how === "worker") {
    const url = new URL("./worker_program.ts", import.meta.url);
    worker = new Worker(url, { type: "module" });
    const tell = (order: unknown): Promise<number> =>
      new Promise((resolve) => {
        worker!.onmessage = ({ data }) => resolve(data);
        worker!.postMessage(order);
      });
    await tell({ type: "attach", handle: session.handle });
    const words = new Int32Array(new SharedArrayBuffer(8));
    await tell({ type: "spin", words: words.buffer, paceMs: 0.01 });
    while (Atomics.load(words, 1) < 1000) await new Promise((resolve) => setTimeout(resolve, 1));
    console.log(Atomics.load(words, 1));
    Deno.exit(3);
  }
  if (how === "close, not awaited") session.close();
}
for (let n = 0; n < 100; n++) event(n);

switch (how) {
  case "end":
    globalThis.addEventListener("unload", () => event(100));
    setTimeout(() => event(101), 10);
    break;
  case "Deno.exit":
    setTimeout(() => console.log("never"), 1000);
    Deno.exit(7);
    break;
  case "close, not awaited":
    Deno.exit(7);
    break;
  case "process.exit":
    process.on("exit", () => event(100));
    process.exit(8);
    break;
  case "uncaught":
    setTimeout(() => {
      throw new TypeError("thrown on purpose");
    }, 1);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    break;
  case "top-level throw":
    throw new TypeError("thrown on purpose");
  case "unhandled rejection":
    Promise.reject(new TypeError("rejected on purpose"));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    break;
  case "prevented":
    globalThis.addEventListener("error", (error) => {
      error.preventDefault();
      event(100);
    });
    globalThis.addEventListener("unhandledrejection", (rejection) => {
      rejection.preventDefault();
      event(101);
    });
    setTimeout(() => {
      throw new TypeError("thrown on purpose");
    }, 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    Promise.reject(new TypeError("rejected on purpose"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (let n = 102; n < 200; n++) event(n);
    break;
  case "own listener":
    addListener();
    await signalled("SIGINT");
    break;
  case "own listener that ends at once":
    Deno.addSignalListener("SIGINT", () => {
      event(100);
      Deno.exit(6);
    });
    await signalled("SIGINT");
    break;
  case "own listener, added first":
    await signalled("SIGINT");
    break;
  case "listener taken away": {
    const listener = (): void => event(100);
    Deno.addSignalListener("SIGINT", listener);
    Deno.removeSignalListener("SIGINT", listener);
    await signalled("SIGINT");
    break;
  }
  case "process listener":
    process.on("SIGTERM", () => {
      event(100);
      setTimeout(() => process.exit(9), 10);
    });
    await signalled("SIGTERM");
    break;
  case "SIGINT":
  case "SIGTERM":
    await signalled(how);
}

function addListener(): void {
  Deno.addSignalListener("SIGINT", () => {
    event(100);
    setTimeout(() => {
      event(101);
      Deno.exit(5);
    }, 10);
  });
}

async function signalled(signal: Deno.Signal): Promise<void> {
  setTimeout(() => Deno.kill(Deno.pid, signal), 1);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  console.log("it was not ended");
}
