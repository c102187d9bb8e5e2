import type { ConsumedStream } from "../consumer.ts";
import { type CutPacket, PacketCursor } from "../packet_cursor.ts";
import type { TraceOutput } from "../trace_output.ts";
import { turn } from "../turn.ts";
import type { RelaydLink } from "./relayd_link.ts";
import type { RelaydSession } from "./relayd_session.ts";
import type { RemoteStream } from "./remote_stream.ts";
import { RemoteTrace, type RemoteTraceOptions } from "./remote_trace.ts";
import { Spill } from "./spill.ts";

/** What streams that are sent need of their surroundings. */
export interface SentStreamsSurroundings extends RemoteTraceOptions {
  /** A time before which nothing more comes in the stream of a CPU, as far as that is known. */
  readonly quietUntil: (cpu: number) => number;
  /** Milliseconds between two looks of a live session; 0 for one that is not live. */
  readonly livePeriodMs: number;
  /** Where packets go while the daemon is away; `null` leaves them in the rings. */
  readonly spill: TraceOutput | null;
  /** Says something to the user. */
  readonly say: (text: string) => void;
}

/** What is told of streams that are sent. */
export interface SentStreamsListener {
  /** There may be more than the round has taken. */
  more(): void;
  /** Packets are written, there or in the spill. */
  released(): void;
}

/** A stream, and what has become of it at the daemon. */
interface SentStream {
  readonly cpu: number;
  readonly cursor: PacketCursor;
  /** Sub-buffers of its ring. */
  readonly nSubbufs: number;
  /** In the daemon's session of now; `null` before it was made there. */
  remote: RemoteStream | null;
}

/**
 * The streams of a session on their way to a relay daemon, round by round. Packets stay in the rings until
 * the daemon has written them: what one of its sessions has not confirmed the next one is sent again.
 */
export class SentStreams {
  readonly #link: RelaydLink;
  readonly #around: SentStreamsSurroundings;
  readonly #listener: SentStreamsListener;
  /**
   * The first, the session's own, is always quiet and keeps viewers from going on: what it says comes first
   * in a round, before packets of the others, and is not later than the begin of a stream they do not know.
   */
  readonly #streams: SentStream[] = [];
  readonly #spill: Spill | null;
  /** In the session that was open last. */
  #trace: RemoteTrace | null = null;
  #packets = 0;

  /** None yet. */
  constructor(link: RelaydLink, around: SentStreamsSurroundings, listener: SentStreamsListener) {
    this.#link = link;
    this.#around = around;
    this.#listener = listener;
    this.#spill = around.spill && new Spill(around.spill, around);
  }

  /** Packets sent, those sent again included. */
  get packets(): number {
    return this.#packets;
  }

  /** Takes a stream in: from the next round on. */
  add(stream: ConsumedStream): void {
    const { cpu, memory: { geometry: { nSubbufs } } } = stream;
    const cursor = new PacketCursor(stream, this.#around.uuid);
    this.#streams.push({ cpu, cursor, nSubbufs, remote: null });
  }

  /** Tells, from now on, whether all packets that are taken by now are released. */
  watchTaken(): () => boolean {
    const last = this.#streams.map(({ cursor }) => cursor.unreleased.at(-1)?.info.seq ?? -1);
    return () =>
      this.#streams.every(({ cursor: { unreleased: [first] } }, i) =>
        !(first?.info.seq <= last[i])
      );
  }

  /**
   * Sends what there is of each stream, with `cuts` also what is not delivered; without a session it goes
   * to the spill. What the daemon refuses is thrown.
   */
  async round(session: RelaydSession | null, cuts: boolean): Promise<void> {
    // Those that are added meanwhile have the next round.
    const streams = [...this.#streams];
    const trace = session && await this.#enter(session, streams);
    for (const stream of streams) await this.#take(trace, stream, cuts);
  }

  /** Closes the spill. */
  close(): void {
    this.#spill?.close();
  }

  /** Makes in a new session the trace, and in any one the streams that are new. */
  async #enter(session: RelaydSession, streams: readonly SentStream[]): Promise<RemoteTrace> {
    if (this.#trace?.session !== session) {
      for (const stream of this.#streams) stream.remote = null;
      this.#trace = await RemoteTrace.make(session, this.#link.path, this.#around);
    }
    const trace = this.#trace;
    const news = streams.filter(({ remote }) => remote === null);
    for (const stream of news) {
      const { cpu } = stream;
      stream.remote = await trace.addStream(cpu, (packets) => this.#confirmed(stream, packets));
    }
    // All before the first packet of any: a viewer waits for one of each that it knows.
    if (news.length > 0) session.streamsSent();
    for (const stream of news) await this.#sendFirst(trace, stream);
    return trace;
  }

  #confirmed({ cursor }: SentStream, packets: number): void {
    for (let i = 0; i < packets; i++) cursor.release();
    this.#link.proven();
    this.#listener.released();
  }

  /** Sends what was not confirmed by an earlier session; viewers see a stream when it has a packet, be it an empty one. */
  async #sendFirst(trace: RemoteTrace, stream: SentStream): Promise<void> {
    const { cursor } = stream;
    if (cursor.unreleased.length === 0) {
      cursor.next() ?? this.#cutOf(stream) ?? cursor.next() ?? cursor.takeEmpty();
    }
    for (const packet of [...cursor.unreleased]) await this.#send(trace, stream, packet);
  }

  /** Takes what there is, as much as a ring can hold, with `cuts` also what is not delivered. */
  async #take(trace: RemoteTrace | null, stream: SentStream, cuts: boolean): Promise<void> {
    const { cursor, nSubbufs } = stream;
    if (trace === null) this.#save(stream);
    // Of a writer as fast as this no more: other streams have their turn.
    for (let i = 0; i < nSubbufs; i++) {
      const delivered = cursor.next();
      const packet = delivered ?? (cuts ? this.#cutOf(stream) : null);
      if (packet !== null && trace !== null) await this.#send(trace, stream, packet);
      else if (packet !== null) this.#save(stream);
      if (delivered !== null) this.#listener.more();
      else if (packet !== null || !cursor.isBehind && !(cuts && cursor.isClosing)) return;
      else if (cursor.isClosing) await turn();
    }
  }

  /** What is not delivered of a stream, or that there is nothing, which viewers are told. */
  #cutOf({ cpu, cursor, remote }: SentStream): CutPacket | null {
    const { quietUntil, livePeriodMs } = this.#around;
    let isQuiet = false;
    if (livePeriodMs > 0) {
      const unseen = this.#streams.filter(({ remote }) => remote === null);
      const begins = unseen.map(({ cursor }) => cursor.time);
      isQuiet = cursor.advance(Math.min(quietUntil(cpu), ...begins));
    }
    const isKept = this.#link.session !== null || this.#spill?.works === true;
    const packet = cursor.cut(isKept);
    if (packet === null && isQuiet) remote?.beacon(cursor.time, cpu);
    return packet;
  }

  /** Writes what the daemon, which is away, has not confirmed to the spill. */
  #save({ cpu, cursor }: SentStream): void {
    if (this.#spill?.take(cpu, cursor)) this.#listener.released();
  }

  async #send(trace: RemoteTrace, { remote }: SentStream, packet: CutPacket): Promise<void> {
    this.#packets++;
    await trace.send(remote!, packet);
  }
}
