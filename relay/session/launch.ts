import { Worker } from "node:worker_threads";
import type { SessionHandle } from "./handle.ts";
import type { Mailbox } from "./mailbox.ts";
import type { ResolvedOptions } from "./options.ts";
import type { SignalWords } from "./signals.ts";
import type { ThreadAnswer, ThreadStart } from "./thread_messages.ts";

/** A session's own thread, and what names the session. */
export interface LaunchedThread {
  /** The thread; a program ends when it has nothing else to do. */
  readonly thread: Worker;
  /** For the threads that record. */
  readonly handle: SessionHandle;
}

/**
 * Starts a session's own thread, which ends a busy program at signals if it is given words for them. What
 * it cannot do is thrown, and no thread is left.
 */
export async function launchThread(
  options: ResolvedOptions,
  mailbox: Mailbox,
  signals: SignalWords | null,
): Promise<LaunchedThread> {
  const thread = startThread();
  const { promise, resolve, reject } = Promise.withResolvers<ThreadAnswer>();
  thread.once("message", resolve);
  thread.once("error", reject);
  const start = { options, mailbox: mailbox.memory, signals: signals?.memory ?? null };
  thread.postMessage(start satisfies ThreadStart);
  try {
    const answer = await promise;
    if (answer.type === "failed") throw namedError(answer.name, answer.message);
    thread.unref();
    return { thread, handle: answer.handle };
  } catch (error) {
    await thread.terminate();
    throw error;
  }
}

/**
 * A program that was loaded from the network has its thread's module from there too. The thread gets no
 * environment: to copy it, Deno would ask for the permission to read all of it.
 */
function startThread(): Worker {
  const url = new URL("./session_thread.ts", import.meta.url);
  if (url.protocol === "file:") return new Worker(url, { env: {} });
  return new Worker(
    new URL(`data:text/javascript,import ${encodeURIComponent(JSON.stringify(url.href))}`),
    { env: {} },
  );
}

function namedError(name: string, message: string): Error {
  if (name === "RangeError") return new RangeError(message);
  return name === "TypeError" ? new TypeError(message) : new Error(message);
}
