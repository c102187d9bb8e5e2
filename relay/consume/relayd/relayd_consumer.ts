import { thrownText } from "../../../hw/log.ts";
import type { ConsumedStream } from "../consumer.ts";
import { type CutPacket, PacketCursor } from "../packet_cursor.ts";
import type { StreamSink } from "../stream_sink.ts";
import type { TraceOutput } from "../trace_output.ts";
import { turn } from "../turn.ts";
import type { RelaydLink } from "./relayd_link.ts";
import type { RelaydSession } from "./relayd_session.ts";
import type { RemoteStream } from "./remote_stream.ts";
import { RemoteTrace, type RemoteTraceOptions } from "./remote_trace.ts";
import { Spill } from "./spill.ts";

/** How long a daemon is initially waited for to confirm that all is written, in milliseconds. */
const CONFIRM_MS = 5000;

/** How long viewers have to fetch the last packets, in milliseconds: five times Babeltrace's period. */
const LINGER_MS = 500;

// Those of the program may be wrapped by the time they are called.
const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;

/** What a consumer needs of its surroundings. */
export interface RelaydSurroundings extends RemoteTraceOptions {
  /** Rung, for each CPU, when there may be more. */
  readonly doorbells: Int32Array<SharedArrayBuffer>;
  /** A time before which nothing more comes in the stream of a CPU, as far as that is known. */
  readonly quietUntil: (cpu: number) => number;
  /** Milliseconds between two looks of a live session; 0 for one that is not live. */
  readonly livePeriodMs: number;
  /** Where packets go while the daemon is away; `null` leaves them in the rings. */
  readonly spill: TraceOutput | null;
  /** How long `flush` waits for the daemon, in milliseconds; initially 5000. */
  readonly confirmMs?: number | undefined;
  /** Says something to the user. */
  readonly say: (text: string) => void;
}

/** A stream, and what has become of it at the daemon. */
interface Line {
  readonly cpu: number;
  readonly cursor: PacketCursor;
  /** Sub-buffers of its ring. */
  readonly nSubbufs: number;
  /** In the daemon's session of now; `null` before it was made there. */
  remote: RemoteStream | null;
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
  /**
   * The first, the session's own, is always quiet and keeps viewers from going on: what it says comes first
   * in a round, before packets of the others, and is not later than the begin of a stream they do not know.
   */
  readonly #lines: Line[] = [];
  readonly #spill: Spill | null;
  readonly #ticks: ReturnType<typeof setInterval> | undefined;
  /** In the session that was open last. */
  #trace: RemoteTrace | null = null;
  #failure: string | null = null;
  /** Whether it was waited for the daemon once when the process was about to end, in vain. */
  #hasGivenUp = false;
  /** Packets sent, and how many it were when viewers had time for them. */
  #sent = 0;
  #lingered = 0;
  #wantsCuts = false;
  #isClosed = false;
  #isAwake = false;
  /** Ends when it is closed. */
  readonly #running: Promise<void>;
  #wake: () => void = () => {};
  /** Told at the end of the next round. */
  #ofNextRound: (() => void)[] = [];
  /** Told when a packet is released. */
  #ofRelease: (() => void)[] = [];

  /** Sends by a link. */
  constructor(link: RelaydLink, around: RelaydSurroundings) {
    this.#link = link;
    this.#around = around;
    this.#spill = around.spill && new Spill(around.spill, around);
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
    const { cpu, memory: { geometry: { nSubbufs } } } = stream;
    const cursor = new PacketCursor(stream, this.#around.uuid);
    this.#lines.push({ cpu, cursor, nSubbufs, remote: null });
    this.#listen(cpu);
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
    const until = (told: (() => void)[]): Promise<boolean> =>
      Promise.race([over, new Promise<boolean>((resolve) => told.push(() => resolve(true)))]);
    this.#cut();
    let inTime = await until(this.#ofNextRound);
    const last = this.#lines.map(({ cursor }) => cursor.unreleased.at(-1)?.info.seq ?? -1);
    const isDone = (): boolean =>
      this.#lines.every(({ cursor: { unreleased: [first] } }, i) => !(first?.info.seq <= last[i]));
    while (inTime && !isDone()) inTime = await until(this.#ofRelease);
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
      this.#spill?.close();
    }
  }

  /** What a viewer has not fetched when a session ends it never gets. */
  async #linger(): Promise<void> {
    if (this.#around.livePeriodMs === 0 || this.#lingered === this.#sent) return;
    this.#lingered = this.#sent;
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
      // Those that are added meanwhile have the next round.
      const lines = [...this.#lines];
      try {
        const trace = session && await this.#enter(session, lines);
        for (const line of lines) await this.#take(trace, line, cuts);
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

  /** Makes in a new session the trace, and in any one the streams that are new. */
  async #enter(session: RelaydSession, lines: readonly Line[]): Promise<RemoteTrace> {
    if (this.#trace?.session !== session) {
      for (const line of this.#lines) line.remote = null;
      this.#trace = await RemoteTrace.make(session, this.#link.path, this.#around);
    }
    const trace = this.#trace;
    const news = lines.filter(({ remote }) => remote === null);
    for (const line of news) {
      line.remote = await trace.addStream(line.cpu, (packets) => this.#confirmed(line, packets));
    }
    // All before the first packet of any: a viewer waits for one of each that it knows.
    if (news.length > 0) session.streamsSent();
    for (const line of news) await this.#sendFirst(trace, line);
    return trace;
  }

  #confirmed({ cursor }: Line, packets: number): void {
    for (let i = 0; i < packets; i++) cursor.release();
    this.#link.proven();
    this.#released();
  }

  /** Sends what was not confirmed by an earlier session; viewers see a stream when it has a packet, be it an empty one. */
  async #sendFirst(trace: RemoteTrace, line: Line): Promise<void> {
    const { cursor } = line;
    if (cursor.unreleased.length === 0) {
      cursor.next() ?? this.#cutOf(line) ?? cursor.next() ?? cursor.takeEmpty();
    }
    for (const packet of [...cursor.unreleased]) await this.#send(trace, line, packet);
  }

  /** Takes what there is, as much as a ring can hold, with `cuts` also what is not delivered. */
  async #take(trace: RemoteTrace | null, line: Line, cuts: boolean): Promise<void> {
    const { cursor, nSubbufs } = line;
    if (trace === null) this.#save(line);
    // Of a writer as fast as this no more: other streams have their turn.
    for (let i = 0; i < nSubbufs; i++) {
      const delivered = cursor.next();
      const packet = delivered ?? (cuts ? this.#cutOf(line) : null);
      if (packet !== null && trace !== null) await this.#send(trace, line, packet);
      else if (packet !== null) this.#save(line);
      if (delivered !== null) this.#isAwake = true;
      else if (packet !== null || !cursor.isBehind && !(cuts && cursor.isClosing)) return;
      else if (cursor.isClosing) await turn();
    }
  }

  /** What is not delivered of a stream, or that there is nothing, which viewers are told. */
  #cutOf({ cpu, cursor, remote }: Line): CutPacket | null {
    const { quietUntil, livePeriodMs } = this.#around;
    let isQuiet = false;
    if (livePeriodMs > 0) {
      const unseen = this.#lines.filter(({ remote }) => remote === null);
      const begins = unseen.map((line) => line.cursor.time);
      isQuiet = cursor.advance(Math.min(quietUntil(cpu), ...begins));
    }
    const isKept = this.#link.session !== null || this.#spill?.works === true;
    const packet = cursor.cut(isKept);
    if (packet === null && isQuiet) remote?.beacon(cursor.time, cpu);
    return packet;
  }

  /** Writes what the daemon, which is away, has not confirmed to the spill. */
  #save({ cpu, cursor }: Line): void {
    if (this.#spill?.take(cpu, cursor)) this.#released();
  }

  #released(): void {
    for (const tell of this.#ofRelease.splice(0)) tell();
  }

  async #send(trace: RemoteTrace, { remote }: Line, packet: CutPacket): Promise<void> {
    this.#sent++;
    await trace.send(remote!, packet);
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
