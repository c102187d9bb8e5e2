import { CtfError } from "../ctf_error.ts";
import type { FilePacket, PacketFile } from "./packet_file.ts";
import { type Before, behind, lostBetween } from "./packet_losses.ts";
import type { LostEvents, TraceEvent } from "./trace_event.ts";

/** What tells a stream from others. */
export interface StreamIdentity {
  /** The trace's UUID, empty without any. */
  readonly uuid: string;
  /** Its class's number. */
  readonly streamId: number;
  /** Its own number, -1 where packets do not say. */
  readonly instance: number | bigint;
  /** The number of its first file among all. */
  readonly file: number;
}

/** In which order Babeltrace shows what is at the same time. */
export function compareStreams(a: StreamIdentity, b: StreamIdentity): number {
  if (a.uuid !== b.uuid) return a.uuid < b.uuid ? -1 : 1;
  if (a.streamId !== b.streamId) return a.streamId - b.streamId;
  if (a.instance !== b.instance) return a.instance < b.instance ? -1 : 1;
  return a.file - b.file;
}

/**
 * Goes through the events of a stream, whose packets may be in several files: what an outage divided, or
 * what was sent twice, which is shown once.
 */
export class StreamReader {
  /** The next event, `null` if there is none, or `lost` or `error` is there instead. */
  event: TraceEvent | null = null;
  /** Events that were lost before the next one. */
  lost: LostEvents | null = null;
  /** What is wrong with the rest of the stream. */
  error: CtfError | null = null;
  /** When what is next is in order: infinite if nothing is. */
  time: number = -Infinity;
  /** What of several streams at the same time is first. */
  rank: number = 0;
  /** What tells the stream from others. */
  readonly identity: StreamIdentity;
  readonly #files: PacketFile[];
  /** Files whose next packet is known. */
  readonly #ready: PacketFile[] = [];
  #current: PacketFile | null = null;
  #before: Before | null = null;
  #lastTime = -Infinity;
  /** Events before are not shown. */
  #from = -Infinity;

  /** Of the stream in a file; nothing is known yet of what is next. */
  constructor(file: PacketFile, identity: StreamIdentity) {
    this.#files = [file];
    this.identity = identity;
  }

  /** Has another file for the same stream. */
  add(file: PacketFile): void {
    this.#files.push(file);
  }

  /** Goes to what is next, beginning with what `time` says now. */
  advance(): void {
    do this.#advance(); while (this.time < this.#from && !this.#reaches(this.#from));
  }

  /** Goes to what is at a time or later, or reaches into it; nothing is known yet of what that is. */
  seek(time: number): void {
    this.#from = time;
    for (const file of this.#files) file.rewind();
    this.#ready.length = 0;
    this.#current = null;
    this.#before = null;
    this.#lastTime = -Infinity;
    this.time = -Infinity;
    this.error = this.event = this.lost = null;
    try {
      for (;;) {
        const file = this.#nextFile();
        if (file === null) return;
        const packet = file.packet!;
        const { timestampEnd, times } = packet;
        if (timestampEnd === null || times.of(timestampEnd) >= time) {
          this.#ready.push(file);
          return;
        }
        this.#before = behind(this.#before, file);
      }
    } catch (error) {
      if (!(error instanceof CtfError)) throw error;
      this.#fail(error);
    }
  }

  #advance(): void {
    try {
      const event = this.#current?.nextEvent() ?? null;
      if (event === null) this.#advanceFar();
      else this.#show(event);
    } catch (error) {
      if (!(error instanceof CtfError)) throw error;
      this.#fail(error);
    }
  }

  /** Whether what is next, though it begins before a time, has to be told all the same. */
  #reaches(time: number): boolean {
    return this.error !== null || (this.lost !== null && this.lost.end >= time);
  }

  #show(event: TraceEvent): void {
    if (event.time < this.#lastTime) {
      const [late, last] = [event.time, this.#lastTime];
      const why = `it is of ${late} ns, the one before of ${last} ns`;
      const { name, packet } = this.#current!;
      throw new CtfError(`Cannot read an event: ${why}`, name, packet!.at);
    }
    this.#lastTime = event.time;
    this.event = event;
    this.lost = null;
    this.time = event.time;
  }

  #advanceFar(): void {
    this.event = null;
    this.lost = null;
    for (;;) {
      const event = this.#current?.nextEvent() ?? null;
      if (event !== null) return this.#show(event);
      const file = this.#nextFile();
      this.#current = file;
      if (file === null) {
        this.time = Infinity;
        return;
      }
      const before = this.#before;
      const packet = file.packet!;
      this.#before = behind(this.#before, file);
      this.lost = lostBetween(before, packet, file.name);
      if (this.lost !== null) {
        this.time = this.lost.begin;
        return;
      }
    }
  }

  #fail(error: CtfError): void {
    this.error = error;
    this.event = null;
    this.lost = null;
    this.#current = null;
    // Nothing is known of the rest, which must not be waited for.
    if (this.time === Infinity || this.time === -Infinity) this.time = this.#lastTime;
  }

  /** The file with the oldest packet that was not shown yet, at that packet. */
  #nextFile(): PacketFile | null {
    if (this.error !== null) return null;
    for (;;) {
      for (const file of this.#files) {
        if (this.#ready.includes(file)) continue;
        if (file.nextPacket() !== null) this.#ready.push(file);
      }
      if (this.#ready.length === 0) return null;
      const oldest = this.#ready.reduce((a, b) => isBefore(b.packet!, a.packet!) ? b : a);
      this.#ready.splice(this.#ready.indexOf(oldest), 1);
      const isShown = this.#before !== null && this.#files.length > 1 &&
        isSame(this.#before, oldest);
      if (!isShown) return oldest;
    }
  }
}

function isBefore(a: FilePacket, b: FilePacket): boolean {
  const [begin, other] = [a, b].map((one) => one.timestampBegin ?? 0);
  if (begin !== other) return begin < other;
  return (a.seq ?? 0) < (b.seq ?? 0);
}

/** Whether the packet a file is at is the same as the one before. */
function isSame({ packet: a, file }: Before, other: PacketFile): boolean {
  const b = other.packet!;
  const isLike = a.timestampBegin === b.timestampBegin && a.timestampEnd === b.timestampEnd &&
    a.seq === b.seq && a.contentBits === b.contentBits && a.eventsDiscarded === b.eventsDiscarded;
  if (!isLike || a.seq !== null) return isLike;
  // Short packets without a number may begin alike; without times they may even be equal.
  return a.timestampBegin !== null && file.hasSame(a, other, b);
}
