import {
  bytesSource,
  CtfError,
  type LostEvents,
  type TraceEvent,
  type TraceFormat,
} from "../ctf/mod.ts";
import { DecodeState } from "../ctf/reader/decode_state.ts";
import { MetadataParser } from "../ctf/tsdl/metadata_parser.ts";
import { PacketFile } from "../ctf/reader/packet_file.ts";
import { type PacketHead, readPacketHead } from "../ctf/reader/packet_head.ts";
import { type Before, behind, lostBetween } from "../ctf/reader/packet_losses.ts";
import { TextCache } from "../ctf/reader/text_cache.ts";
import { TraceCode } from "../ctf/reader/trace_code.ts";
import { FollowedFile } from "./followed_file.ts";
import { FileSource, METADATA, streamNames } from "./trace_files.ts";

/** What comes out of a trace. */
export type Item =
  | { readonly kind: "event"; readonly time: number; readonly event: TraceEvent }
  | { readonly kind: "lost"; readonly time: number; readonly lost: LostEvents };

/** What was told of a stream. */
interface Told {
  /** Number of its last packet. */
  seq: number | bigint | null;
  /** Events of that. */
  events: number;
  /** What it and those before say of losses. */
  before: Before | null;
}

/** A file that is followed. */
interface Followed {
  /** Its path. */
  readonly path: string;
  readonly source: FileSource;
  readonly file: FollowedFile;
  /** What a look found to be wrong with the begin of a packet. */
  fault: string | null;
  /** Whether it was told that nothing more comes of it. */
  isBroken: boolean;
}

/** A directory that somebody writes a trace to. */
export class FollowedTrace {
  readonly #path: string;
  readonly #broken: (error: CtfError) => void;
  readonly #files = new Map<string, Followed>();
  readonly #told = new Map<string, Told>();
  readonly #texts = new TextCache();
  readonly #state = new DecodeState(this.#texts);
  #metadataSize = -1;
  #format: MetadataParser | null = null;
  #code: TraceCode | null = null;

  /** Has looked at nothing yet. `broken` is told, once, of a file that cannot be read any further. */
  constructor(path: string, broken: (error: CtfError) => void) {
    this.#path = path;
    this.#broken = broken;
  }

  /** What its metadata says, none before there is any. */
  get formats(): readonly TraceFormat[] {
    return this.#format === null ? [] : [this.#format];
  }

  /** Whether nobody writes to it: a session locks its metadata for as long as it does. */
  isOver(): boolean {
    const file = Deno.openSync(`${this.#path}/${METADATA}`, { read: true });
    try {
      return file.tryLockSync(false);
    } finally {
      file.close();
    }
  }

  /**
   * What there is that was not told yet, stream by stream, each in order; `begin` says from when on its
   * times are counted once the first packet is there. A `CtfError` for metadata that makes no sense.
   */
  streams(isOver: boolean, begin: (ns: bigint) => bigint): Generator<Item, void, void>[] {
    // What an event needs is in the metadata before the event is in a file.
    for (const name of streamNames(this.#path)) {
      if (this.#files.has(name)) continue;
      const path = `${this.#path}/${name}`;
      const source = new FileSource(path);
      const file = new FollowedFile(source);
      this.#files.set(name, { path, source, file, fault: null, isBroken: false });
    }
    const sizes = [...this.#files.values()].map(({ source }) => source.size);
    if (!sizes.some((size) => size > 0) || !this.#readMetadata(isOver)) return [];
    const streams = new Map<string, FileWalk[]>();
    for (const followed of this.#files.values()) {
      if (followed.isBroken) continue;
      const walk = new FileWalk(followed, this.#packets(followed, isOver));
      if (walk.next === null) continue;
      const { code, streamInstance, cpu } = walk.next.head;
      const key = `${code.stream.id} ${streamInstance} ${cpu}`;
      streams.set(key, [...streams.get(key) ?? [], walk]);
    }
    return [...streams].map(([key, walks]) => this.#items(this.#toldOf(key), walks, begin));
  }

  /** Closes its files. */
  close(): void {
    for (const { source } of this.#files.values()) source.close();
  }

  /** Reads metadata anew if there is more; `false` if it makes no sense yet. */
  #readMetadata(isOver: boolean): boolean {
    const { size } = Deno.statSync(`${this.#path}/${METADATA}`);
    if (size === this.#metadataSize) return true;
    try {
      const format = new MetadataParser(Deno.readFileSync(`${this.#path}/${METADATA}`));
      this.#format = format;
      this.#code = new TraceCode(format, true);
      this.#metadataSize = size;
      return true;
    } catch (error) {
      // The last declaration may be there in parts.
      if (!(error instanceof CtfError) || isOver) throw error;
      return false;
    }
  }

  *#packets(
    followed: Followed,
    isOver: boolean,
  ): Generator<WalkedPacket, void, void> {
    const headOf = (bytes: Uint8Array, at: number): PacketHead | null => {
      this.#state.load(bytes, followed.path, at);
      return readPacketHead(this.#state, this.#format!, this.#code!);
    };
    const sizeOf = (bytes: Uint8Array, available: number, at: number): number | null => {
      const head = headOf(bytes, at);
      return head === null ? null : head.packetSize ?? available;
    };
    try {
      for (const { at, head, bytes } of followed.file.packets(sizeOf, isOver)) {
        yield { at, head: headOf(head, at)!, bytes };
      }
      followed.fault = null;
    } catch (error) {
      if (!(error instanceof CtfError)) throw error;
      // It may be just being written over: then it is another one at the next look.
      if (isOver || followed.fault === error.message) this.#break(followed, error);
      followed.fault = error.message;
    }
  }

  #break(followed: Followed, error: CtfError): void {
    followed.isBroken = true;
    this.#broken(error);
  }

  /** What a stream has, whose packets may be in several files: the oldest first, up to one that has to settle. */
  *#items(
    told: Told,
    walks: readonly FileWalk[],
    begin: (ns: bigint) => bigint,
  ): Generator<Item, void, void> {
    for (;;) {
      const oldest = walks.reduce((a, b) => beginOf(b) < beginOf(a) ? b : a);
      if (oldest.next === null || oldest.next.bytes === null) return;
      const { path } = oldest.followed;
      try {
        yield* this.#packetItems(path, oldest.next.at, oldest.next.bytes, told, begin);
        oldest.advance();
      } catch (error) {
        if (!(error instanceof CtfError)) throw error;
        this.#break(oldest.followed, error);
        oldest.next = null;
      }
    }
  }

  *#packetItems(
    path: string,
    at: number,
    bytes: Uint8Array,
    told: Told,
    begin: (ns: bigint) => bigint,
  ): Generator<Item, void, void> {
    const source = bytesSource(bytes);
    const packets = new PacketFile(path, source, this.#format!, this.#code!, this.#texts, at);
    const packet = packets.nextPacket()!;
    packets.beginNs = begin(packet.times.sinceOrigin(packet.timestampBegin ?? 0));
    const skipped = packet.seq !== null && packet.seq === told.seq ? told.events : 0;
    const lost = lostBetween(told.before, packet, path);
    told.before = behind(told.before, packets);
    if (lost !== null) yield { kind: "lost", time: lost.begin, lost };
    let events = 0;
    for (let event; (event = packets.nextEvent()) !== null;) {
      if (++events > skipped) yield { kind: "event", time: event.time, event };
    }
    told.seq = packet.seq;
    told.events = events;
  }

  #toldOf(key: string): Told {
    let told = this.#told.get(key);
    if (told === undefined) {
      told = { seq: null, events: 0, before: null };
      this.#told.set(key, told);
    }
    return told;
  }
}

/** A packet, and what its begin says. */
interface WalkedPacket {
  readonly at: number;
  readonly head: PacketHead;
  readonly bytes: Uint8Array | null;
}

/** The packets of a file, one at a time. */
class FileWalk {
  readonly followed: Followed;
  /** The one that comes next, `null` if there is none. */
  next: WalkedPacket | null;
  readonly #packets: Generator<WalkedPacket, void, void>;

  constructor(followed: Followed, packets: Generator<WalkedPacket, void, void>) {
    this.followed = followed;
    this.#packets = packets;
    this.next = packets.next().value ?? null;
  }

  advance(): void {
    this.next = this.#packets.next().value ?? null;
  }
}

function beginOf({ next }: FileWalk): number {
  return next === null ? Infinity : Number(next.head.timestampBegin ?? 0);
}
