import type { Worker } from "node:worker_threads";
import type { ArgumentsOf, FieldLike } from "../ctf/field_types.ts";
import { type LoglevelName, LOGLEVELS } from "../ctf/loglevel.ts";
import { type Clock, clockCost } from "../trace/clock.ts";
import type { Span, SpanOptions, TracepointOf, TracepointOptions } from "../trace/tracepoint.ts";
import { Attachment, type AttachOptions } from "./attachment.ts";
import { ExitFlush } from "./exit_flush.ts";
import { handleExit } from "./exit_handlers.ts";
import type { SessionHandle } from "./handle.ts";
import { launchThread } from "./launch.ts";
import { Mailbox } from "./mailbox.ts";
import { resolveOptions, type SessionOptions } from "./options.ts";
import { Requests } from "./requests.ts";
import { type SignalWords, signalWords } from "./signals.ts";
import { readStatistics, type SessionStatistics } from "./statistics.ts";

/** The clock that a thread reads. */
export interface SessionClock {
  /** `"clock_gettime"`, `"performance.now"`, or the name of an injected one. */
  readonly name: string;
  /** What a reading costs here, in nanoseconds; measured when first asked for, in some milliseconds. */
  readonly costNs: number;
}

/**
 * A thread's part in a session. The session records the events of all threads that take part into one
 * trace, one stream a thread; a thread of its own writes that.
 *
 * @example Record an event
 * ```ts ignore
 * import { TraceSession } from "@ltt/relay/session";
 * import { string, u16, u32 } from "@ltt/relay/trace";
 *
 * await using session = await TraceSession.start({ output: "./trace" });
 * const request = session.tracepoint("http:request", u16("status"), u32("bytes"), string("path"));
 * request(200, 512, "/index.html");
 * ```
 */
export class TraceSession {
  /** Names the session to other threads: send it to a worker, which attaches. */
  readonly handle: SessionHandle;
  readonly #mailbox: Mailbox;
  readonly #requests: Requests;
  readonly #attachment: Attachment;
  /** The session's thread, on the one that started it. */
  readonly #thread: Worker | null;
  #costNs: number | null = null;
  #removeHandlers = (): void => {};
  /** The request to close the session, once it is made. */
  #closeRequest: number | null = null;
  #closed: Promise<void> | null = null;
  #takesSnapshots = false;

  /**
   * Starts a session and records from then on. What cannot be done is thrown, and nothing is left: a
   * `TypeError` or `RangeError` for options there cannot be, an `Error` when the output cannot be made.
   * Needs `--allow-read` for this module, `--allow-write` for the output; with `--allow-ffi` events
   * cost a third of what they cost without.
   *
   * Better called on the main thread. A session that was started in a `Worker` is not told of a
   * `Deno.exit` elsewhere: what its threads have recorded in the last `switchTimerMs` may be missing
   * then.
   */
  static async start(options: SessionOptions = {}): Promise<TraceSession> {
    const resolved = resolveOptions(options);
    assertClock(options.clock, resolved.livePeriodMs);
    const mailbox = new Mailbox();
    const signals = resolved.handlesExit ? signalWords() : null;
    const { thread, handle } = await launchThread(resolved, mailbox, signals);
    try {
      // The session's name is not the thread's.
      const { clock } = options;
      const session = new TraceSession(handle, clock === undefined ? {} : { clock }, thread);
      session.#watch(thread);
      session.start();
      if (resolved.handlesExit) session.#handleExit(resolved.snapshotsAtExit, signals);
      return session;
    } catch (error) {
      await thread.terminate();
      throw error;
    }
  }

  /**
   * Takes part in a session that another thread has started: at once, whatever other threads do. A
   * thread for which no CPU is left can declare tracepoints; its events are lost, and counted. To a
   * session that is closed it comes too late, and nothing is recorded.
   *
   * A thread gives its CPU back when it closes its part or ends by itself, a `Worker` also when it is
   * terminated. A worker of `node:worker_threads` that is terminated keeps its CPU for good.
   */
  static attach(handle: SessionHandle, options: AttachOptions = {}): TraceSession {
    assertClock(options.clock, handle.livePeriodMs);
    return new TraceSession(handle, options, null);
  }

  /** Made by `start` and `attach`. */
  private constructor(handle: SessionHandle, options: AttachOptions, thread: Worker | null) {
    this.handle = handle;
    this.#thread = thread;
    this.#mailbox = new Mailbox(handle.mailbox);
    this.#requests = new Requests(this.#mailbox);
    this.#attachment = new Attachment(handle, options);
  }

  /** The CPU this thread has; `null` when there was none left, or the session is closed. */
  get cpu(): number | null {
    return this.#closed !== null ? null : this.#attachment.cpu;
  }

  /** The clock of this thread. */
  get clock(): SessionClock {
    const cost = (): number => this.#costNs ??= clockCost(this.#attachment.clock);
    return {
      name: this.#attachment.clock.name,
      get costNs(): number {
        return cost();
      },
    };
  }

  /** Whether the session records. */
  get active(): boolean {
    return this.#attachment.registry.active;
  }

  /**
   * Declares a tracepoint on this thread. The same declaration gives the same number on every thread, and
   * on one thread the same function. A `TypeError` for another declaration of the same name, for two
   * fields of one name, an empty name or an unknown log level; `ENOSPC` when there is no room for another,
   * from 4,096 on at the latest.
   */
  tracepoint<const Fields extends readonly FieldLike[]>(
    declaration: string | TracepointOptions,
    ...fields: Fields
  ): TracepointOf<Fields> {
    return this.#attachment.tracer.tracepoint<Fields>(declaration, ...fields);
  }

  /**
   * Declares a pair of tracepoints on this thread, `NAME_begin` and `NAME_end`. Both have a field `span`,
   * the same number in both; the begin has `fields`, the end those of `declaration.end`. Errors as of
   * `tracepoint`.
   */
  span<const Fields extends readonly FieldLike[], const End extends readonly FieldLike[] = []>(
    declaration: string | SpanOptions<End>,
    ...fields: Fields
  ): Span<ArgumentsOf<Fields>, ArgumentsOf<End>> {
    return this.#attachment.tracer.span<Fields, End>(declaration, ...fields);
  }

  /**
   * Records, on all threads, the events whose names match a pattern, in which `*` stands for any
   * text; with `loglevel` only those that are as important or more. Also of tracepoints that are
   * declared later. Of rules that match a name the last one decides. A `TypeError` for what is no pattern or
   * level, `ENOSPC` when there are too many rules: some 200.
   */
  enable(pattern: string, { loglevel }: { readonly loglevel?: LoglevelName } = {}): void {
    if (loglevel !== undefined && !Object.hasOwn(LOGLEVELS, loglevel)) {
      throw new TypeError(`Cannot enable "${pattern}": there is no log level "${loglevel}"`);
    }
    this.#attachment.registry.enable(pattern, loglevel && LOGLEVELS[loglevel]);
  }

  /** Does not record, on any thread, the events whose names match a pattern, until they are enabled. */
  disable(pattern: string): void {
    this.#attachment.registry.disable(pattern);
  }

  /** What was recorded and lost so far, on all threads; those of others may be late by an event. */
  statistics(): SessionStatistics {
    return readStatistics(this.handle);
  }

  /** Records again, after `stop`. */
  start(): void {
    this.#assertOpen("start");
    this.#attachment.registry.active = true;
  }

  /** Records nothing on any thread until `start`. Resolves when all is written. */
  async stop(): Promise<void> {
    this.#assertOpen("stop");
    this.#attachment.registry.active = false;
    await this.flush();
  }

  /** Resolves when everything recorded before is written; throws why the output has failed. */
  async flush(): Promise<void> {
    this.#assertOpen("flush");
    await this.#requests.ask("flush");
  }

  /**
   * In a flight recorder: writes what the buffers hold, the newest of all threads, to a trace of its
   * own, and resolves to its path; `why` is part of that, and the trace tells it. The request is made
   * at once and served by another thread: a process that ends meanwhile waits for it.
   */
  async snapshot(why: string = ""): Promise<string> {
    this.#assertOpen("take a snapshot of");
    return await this.#requests.ask("snapshot", why);
  }

  /**
   * Ends this thread's part; on the thread that started the session, ends that: all is written, also
   * of threads that are busy. Throws why the output has failed, when everything is closed.
   */
  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  /** Closes the session, or this thread's part in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    if (this.#thread !== null) this.#attachment.registry.active = false;
    this.#attachment.leave();
    if (this.#thread === null) return;
    try {
      // The session ends before the process does: then or never.
      const snapshot = this.#takesSnapshots ? this.#mailbox.post("snapshot", "close") : null;
      this.#closeRequest = this.#mailbox.post("close");
      await this.#mailbox.answer(this.#closeRequest);
      if (snapshot !== null) this.#mailbox.answered(snapshot);
    } finally {
      this.#removeHandlers();
      await this.#thread.terminate();
    }
  }

  /** Has everything written before the process ends. */
  #handleExit(takesSnapshots: boolean, signals: SignalWords | null): void {
    this.#takesSnapshots = takesSnapshots;
    const exit = new ExitFlush(this.handle, takesSnapshots);
    this.#removeHandlers = handleExit(
      (reason, isEnd) => exit.flush(reason, isEnd, this.#closeRequest),
      signals,
    );
  }

  /** Whoever waits for the session's thread must not, should it die. */
  #watch(thread: Worker): void {
    thread.on("error", (error) => {
      this.#mailbox.close();
      this.#removeHandlers();
      console.error(`ltt-relay: the session's thread has died: ${error}`);
    });
  }

  #assertOpen(what: string): void {
    if (this.#closed === null && !this.#mailbox.closed) return;
    throw new TypeError(`Cannot ${what} the session: it is closed`);
  }
}

/** Viewers of a live session are told by the session's thread, and its clock, what is not to come any more. */
function assertClock(clock: Clock | undefined, livePeriodMs: number): void {
  if (clock === undefined || livePeriodMs === 0) return;
  throw new TypeError(
    `Cannot use clock "${clock.name}": a live session has one clock for all threads`,
  );
}
