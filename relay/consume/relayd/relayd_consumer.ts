import { thrownText } from "../../../hw/log.ts";
import type { ConsumedStream } from "../consumer.ts";
import type { StreamSink } from "../stream_sink.ts";
import { turn } from "../turn.ts";
import type { RelaydLink } from "./relayd_link.ts";
import { SentStreams, type SentStreamsSurroundings } from "./sent_streams.ts";
import { Waiters } from "./waiters.ts";

/** How long a daemon is initially waited for to confirm that all is written, in milliseconds. */
const CONFIRM_MS = 5000;

/** How long viewers have to fetch the last packets, in milliseconds: five times Babeltrace's period. */
const LINGER_MS = 500;

// Those of the program may be wrapped by the time they are called.
const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;

/** What a consumer needs of its surroundings. */
export interface RelaydSurroundings extends SentStreamsSurroundings {
  /** Rung, for each CPU, when there may be more. */
  readonly doorbells: Int32Array<SharedArrayBuffer>;
  /** How long `flush` waits for the daemon, in milliseconds; initially 5000. */
  readonly confirmMs?: number | undefined;
}

/**
 * Takes the packets of a session's streams to a relay daemon. They stay in the rings until the daemon
 * says that it has written them; should it go away they are sent again, in a new session, or go to the
 * spill. A slow daemon fills the rings, and then costs events, which are counted; it never makes a
 * writer wait. For the thread that attached the readers.
 */
export class RelaydConsumer implements StreamSink {
  readonly #link: RelaydLink;
  readonly #around: RelaydSurroundings;
  readonly #streams: SentStreams;
  readonly #ticks: ReturnType<typeof setInterval> | undefined;
  #failure: string | null = null;
  /** Whether it was waited for the daemon once when the process was about to end, in vain. */
  #hasGivenUp = false;
  /** Packets that were sent when viewers had time for them. */
  #lingered = 0;
  #wantsCuts = false;
  #isClosed = false;
  #isAwake = false;
  /** Ends when it is closed. */
  readonly #running: Promise<void>;
  #wake: () => void = () => {};
  /** Told at the end of the next round. */
  #ofNextRound: (() => void)[] = [];
  readonly #ofRelease = new Waiters();

  /** Sends by a link. */
  constructor(link: RelaydLink, around: RelaydSurroundings) {
    this.#link = link;
    this.#around = around;
    this.#streams = new SentStreams(link, around, {
      more: () => void (this.#isAwake = true),
      released: () => this.#ofRelease.wake(),
    });
    link.attend(() => this.#awaken(), around.say);
    const { livePeriodMs } = around;
    // While the daemon is away, many small packets would do no good.
    const tick = (): void => void (link.session !== null && this.#cut());
    this.#ticks = livePeriodMs > 0 ? setInterval(tick, livePeriodMs) : undefined;
    this.#running = this.#run();
  }

  /** Why the daemon has not got everything, by the last flush; `null` if it has. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Begins to send a stream. */
  add(stream: ConsumedStream): void {
    this.#streams.add(stream);
    this.#listen(stream.cpu);
    this.#awaken();
  }

  /**
   * Sends what was recorded by now, and resolves when the daemon, or the spill, has written it. Rejects
   * when that takes too long. At the end viewers of a live session have time to see it.
   */
  async flush(isEnd: boolean = false): Promise<void> {
    const { confirmMs = CONFIRM_MS } = this.#around;
    const { promise: over, resolve: end } = Promise.withResolvers<boolean>();
    const patienceMs = isEnd && this.#hasGivenUp ? LINGER_MS : confirmMs;
    const timer = setTimeout(() => end(false), patienceMs);
    const until = (happens: Promise<void>): Promise<boolean> =>
      Promise.race([over, happens.then(() => true)]);
    this.#cut();
    let inTime = await until(new Promise((resolve) => this.#ofNextRound.push(resolve)));
    const isDone = this.#streams.watchTaken();
    while (inTime && !isDone()) inTime = await until(this.#ofRelease.next());
    clearTimeout(timer);
    this.#failure = null;
    if (inTime) return isEnd ? await this.#linger() : undefined;
    this.#hasGivenUp ||= isEnd;
    const why = this.#link.away ?? `it has not confirmed all packets within ${confirmMs / 1000} s`;
    this.#failure = `the relay daemon has not got everything: ${why}`;
    throw new Error(this.#failure);
  }

  /** Sends the rest, and ends the session. Rejects as `flush` does, and is closed all the same. */
  async close(): Promise<void> {
    try {
      await this.flush(true);
    } finally {
      this.#isClosed = true;
      clearInterval(this.#ticks);
      this.#awaken();
      await this.#link.close();
      await this.#running;
      this.#streams.close();
    }
  }

  /** What a viewer has not fetched when a session ends it never gets. */
  async #linger(): Promise<void> {
    const { packets } = this.#streams;
    if (this.#around.livePeriodMs === 0 || this.#lingered === packets) return;
    this.#lingered = packets;
    await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
  }

  /** Round after round while there is something to do. */
  async #run(): Promise<void> {
    while (!this.#isClosed) {
      this.#isAwake = false;
      const told = this.#ofNextRound.splice(0);
      const cuts = this.#wantsCuts;
      this.#wantsCuts = false;
      const { session } = this.#link;
      try {
        await this.#streams.round(session, cuts);
      } catch (error) {
        // What the daemon has refused, or that it is gone: another session will do, or not.
        session?.abort(error instanceof Error ? error : new Error(thrownText(error)));
        if (session !== null) {
          // The next round, without a session, takes what this one may not have come to.
          this.#wantsCuts ||= cuts;
          this.#ofNextRound.push(...told.splice(0));
          this.#isAwake = true;
        }
      }
      for (const tell of told) tell();
      // A writer that is always ahead must not keep requests and timers from their turn.
      if (this.#isAwake) await turn();
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Wakes the rounds whenever the doorbell of a CPU rings. */
  async #listen(cpu: number): Promise<void> {
    const { doorbells } = this.#around;
    while (!this.#isClosed) {
      const bell = Atomics.load(doorbells, cpu);
      this.#awaken();
      await Atomics.waitAsync(doorbells, cpu, bell).value;
    }
  }

  #cut(): void {
    this.#wantsCuts = true;
    this.#awaken();
  }

  #awaken(): void {
    this.#isAwake = true;
    this.#wake();
  }
}
