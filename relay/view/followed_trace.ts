import {
  bytesSource,
  CtfError,
  type LostEvents,
  type TraceEvent,
  type TraceFormat,
} from "../ctf/mod.ts";
import { DecodeState } from "../ctf/decode_state.ts";
import { MetadataParser } from "../ctf/metadata_parser.ts";
import { type FilePacket, PacketFile } from "../ctf/packet_file.ts";
import { type PacketHead, readPacketHead } from "../ctf/packet_head.ts";
import { TextCache } from "../ctf/text_cache.ts";
import { TraceCode } from "../ctf/trace_code.ts";
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
  /** Events that were lost up to its end. */
  discarded: bigint | null;
  /** The end of the packet before, in the clock's units. */
  end: number | bigint | null;
}

/** A directory that somebody writes a trace to. */
export class FollowedTrace {
  readonly #path: string;
  readonly #files = new Map<string, { readonly source: FileSource; readonly file: FollowedFile }>();
  readonly #told = new Map<string, Told>();
  readonly #texts = new TextCache();
  readonly #state = new DecodeState(this.#texts);
  #metadataSize = -1;
  #format: MetadataParser | null = null;
  #code: TraceCode | null = null;

  /** Has looked at nothing yet. */
  constructor(path: string) {
    this.#path = path;
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
   * times are counted once the first packet is there. A `CtfError` for what cannot be read.
   */
  streams(isOver: boolean, begin: (ns: bigint) => bigint): Generator<Item, void, void>[] {
    // What an event needs is in the metadata before the event is in a file.
    for (const name of streamNames(this.#path)) {
      if (this.#files.has(name)) continue;
      const source = new FileSource(`${this.#path}/${name}`);
      this.#files.set(name, { source, file: new FollowedFile(source) });
    }
    const sizes = [...this.#files.values()].map(({ source }) => source.size);
    if (!sizes.some((size) => size > 0) || !this.#readMetadata(isOver)) return [];
    const streams = new Map<string, FileWalk[]>();
    for (const [name, { file }] of this.#files) {
      const walk = new FileWalk(name, this.#packets(name, file, isOver));
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
    name: string,
    file: FollowedFile,
    isOver: boolean,
  ): Generator<WalkedPacket, void, void> {
    const headOf = (bytes: Uint8Array): PacketHead | null => {
      this.#state.load(bytes, name, 0);
      return readPacketHead(this.#state, this.#format!, this.#code!);
    };
    const sizeOf = (bytes: Uint8Array, available: number): number | null => {
      const head = headOf(bytes);
      return head === null ? null : head.packetSize ?? available;
    };
    for (const { head, bytes } of file.packets(sizeOf, isOver)) {
      yield { head: headOf(head)!, bytes };
    }
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
      yield* this.#packetItems(oldest.name, oldest.next.bytes, told, begin);
      oldest.advance();
    }
  }

  *#packetItems(
    name: string,
    bytes: Uint8Array,
    told: Told,
    begin: (ns: bigint) => bigint,
  ): Generator<Item, void, void> {
    const packets = new PacketFile(
      name,
      bytesSource(bytes),
      this.#format!,
      this.#code!,
      this.#texts,
      false,
    );
    const packet = packets.nextPacket()!;
    packets.beginNs = begin(packet.times.sinceOrigin(packet.timestampBegin ?? 0));
    const skipped = packet.seq !== null && packet.seq === told.seq ? told.events : 0;
    yield* lostItems(packet, told);
    let events = 0;
    for (let event; (event = packets.nextEvent()) !== null;) {
      if (++events > skipped) yield { kind: "event", time: event.time, event };
    }
    told.seq = packet.seq;
    told.events = events;
    told.end = packet.timestampEnd;
  }

  #toldOf(key: string): Told {
    let told = this.#told.get(key);
    if (told === undefined) {
      told = { seq: null, events: 0, discarded: null, end: null };
      this.#told.set(key, told);
    }
    return told;
  }
}

/** A packet, and what its begin says. */
interface WalkedPacket {
  readonly head: PacketHead;
  readonly bytes: Uint8Array | null;
}

/** The packets of a file, one at a time. */
class FileWalk {
  readonly name: string;
  /** The one that comes next, `null` if there is none. */
  next: WalkedPacket | null;
  readonly #packets: Generator<WalkedPacket, void, void>;

  constructor(name: string, packets: Generator<WalkedPacket, void, void>) {
    this.name = name;
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

/** What a packet tells of losses that none before it did. */
function* lostItems(packet: FilePacket, told: Told): Generator<Item, void, void> {
  const { eventsDiscarded, timestampEnd, timestampBegin, times, cpu } = packet;
  if (eventsDiscarded === null) return;
  const discarded = BigInt(eventsDiscarded);
  const count = Number(discarded - (told.discarded ?? discarded));
  told.discarded = discarded;
  if (count <= 0) return;
  const end = times.of(timestampEnd ?? 0);
  const begin = times.of(told.end ?? timestampBegin ?? 0);
  yield { kind: "lost", time: begin, lost: { cpu, begin, end, count } };
}
