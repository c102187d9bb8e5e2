import { PAGE_SIZE } from "../../hw/ram.ts";
import { readAt, writeAll } from "../consume/file_bytes.ts";
import { CHANNEL_NAME } from "../consume/output_directory.ts";
import type { TraceOutput } from "../consume/trace_output.ts";
import { uuidText } from "../ctf/metadata.ts";
import {
  PACKET_HEADER_SIZE,
  PACKET_MAGIC,
  packetView,
  readPacketInfo,
  readPacketUuid,
} from "../ctf/packet.ts";

/** A packet in a file. */
interface FilePacket {
  readonly seq: number;
  /** Bytes up to the end of its last event. */
  readonly contentSize: number;
  /** Where it begins, in bytes. */
  readonly at: number;
  /** Bytes of all of it. */
  readonly packetSize: number;
}

/** The file of a stream. */
class PartialStream {
  readonly #file: Deno.FsFile;
  #last: FilePacket | null = null;
  /** Where the whole packets end. */
  #end = 0;

  /** Opens the file, or makes it, and looks for the packets of a trace. */
  constructor(path: string, uuid: Uint8Array) {
    this.#file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
    const { size } = this.#file.statSync();
    for (;;) {
      const header = this.#read(this.#end, PACKET_HEADER_SIZE);
      if (header.length < PACKET_HEADER_SIZE) return;
      const packet = packetOf(header, uuid, this.#end);
      const isRight = packet !== null && packet.seq > (this.#last?.seq ?? -1);
      const isWhole = isRight && packet.packetSize <= size - this.#end;
      // One of which the rest was not written is the last.
      if (!isRight || (!isWhole && this.#hasPacketBehind(this.#end, size, uuid))) {
        throw new TypeError(`Cannot complete ${path}: it is damaged at byte ${this.#end}`);
      }
      if (!isWhole) return;
      this.#last = packet;
      this.#end += packet.packetSize;
    }
  }

  /** Whether it has no packet. */
  get isEmpty(): boolean {
    return this.#end === 0;
  }

  /** Cuts off what is no whole packet. */
  cut(): void {
    this.#file.truncateSync(this.#end);
  }

  /** Appends a packet, or puts it in the place of an earlier state of it; says whether that was needed. */
  add(packet: Uint8Array, { seq, contentSize }: { seq: number; contentSize: number }): boolean {
    if (this.#last !== null && seq <= this.#last.seq) {
      if (seq < this.#last.seq || contentSize < this.#last.contentSize) return false;
      // Also one of as many bytes may tell of more losses, or may not have been written to the end.
      const { at, packetSize } = this.#last;
      const there = this.#read(at, packetSize);
      if (packetSize === packet.length && there.every((byte, i) => byte === packet[i])) {
        return false;
      }
      this.#end = at;
    }
    this.#file.seekSync(this.#end, Deno.SeekMode.Start);
    try {
      writeAll(this.#file, packet);
    } catch (error) {
      this.cut();
      throw error;
    }
    this.#last = { seq, contentSize, at: this.#end, packetSize: packet.length };
    this.#end += packet.length;
    this.cut();
    return true;
  }

  close(): void {
    this.#file.close();
  }

  /** The bytes at a place, as many as there are. */
  #read(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readAt(this.#file, at, bytes));
  }

  #hasPacketBehind(at: number, size: number, uuid: Uint8Array): boolean {
    for (let next = at + PAGE_SIZE; next < size; next += PAGE_SIZE) {
      const header = this.#read(next, PACKET_HEADER_SIZE);
      if (header.length === PACKET_HEADER_SIZE && packetOf(header, uuid, next) !== null) {
        return true;
      }
    }
    return false;
  }
}

/**
 * A directory in which a session of this trace has written until its program died: gets the packets that it
 * lacks, in the place of those that are cut off, so that readers open it again.
 */
export class TraceCompletion implements TraceOutput {
  /** Path of the directory. */
  readonly name: string;
  readonly #uuid: Uint8Array;
  readonly #metadata: Deno.FsFile;
  /** What of the metadata is there already. */
  #known: Uint8Array;
  readonly #streams = new Map<number, PartialStream>();
  #added = 0;
  /** Whether it was found to be ours. */
  #isOurs = false;

  /**
   * Opens the directory, and cuts off what is no whole packet. A `TypeError`, and nothing changed, when it
   * holds something else or damaged packets, its streams are rotated, or a session writes to it.
   */
  constructor(path: string, uuid: Uint8Array) {
    this.name = path;
    this.#uuid = uuid;
    const streams = streamsIn(path);
    this.#metadata = Deno.openSync(`${path}/metadata`, { read: true, write: true });
    try {
      if (!this.#metadata.tryLockSync(true)) {
        throw new TypeError(`Cannot complete trace ${path}: a session writes to it`);
      }
      this.#known = Deno.readFileSync(`${path}/metadata`);
      // Whoever was killed before it had written anything has made files.
      const isOurs = this.#known.length === 0 && streams.length === 0 ||
        new TextDecoder().decode(this.#known).includes(uuidText(uuid));
      if (!isOurs) throw new TypeError(`Cannot complete trace ${path}: it is another one`);
    } catch (error) {
      this.#metadata.close();
      throw error;
    }
    try {
      for (const cpu of streams) this.#stream(cpu);
    } catch (error) {
      this.close();
      throw error;
    }
    for (const stream of this.#streams.values()) stream.cut();
    this.#isOurs = true;
  }

  /** Packets that were missing. */
  get added(): number {
    return this.#added;
  }

  /** Appends to the metadata what is not there. A `TypeError` when something else is there. */
  metadata(bytes: Uint8Array): void {
    const same = bytes.subarray(0, this.#known.length);
    if (!same.every((byte, i) => byte === this.#known[i])) {
      throw new TypeError(`Cannot complete trace ${this.name}: its metadata is another one`);
    }
    this.#known = this.#known.subarray(same.length);
    const rest = bytes.subarray(same.length);
    if (rest.length === 0) return;
    this.#metadata.seekSync(0, Deno.SeekMode.End);
    writeAll(this.#metadata, rest);
  }

  /** Adds a packet to a stream, unless it is there. */
  packet(cpu: number, pieces: readonly Uint8Array[]): void {
    const [packet] = pieces;
    const info = readPacketInfo(packetView(packet), 0);
    if (this.#stream(cpu).add(packet, info)) this.#added++;
  }

  /** Adds a packet to a stream, unless it is there. */
  provisional(cpu: number, packet: Uint8Array): void {
    this.packet(cpu, [packet]);
  }

  /** Closes all files, and removes those of streams that nothing was written to. */
  close(): void {
    this.#metadata.close();
    for (const [cpu, stream] of this.#streams) {
      stream.close();
      if (this.#isOurs && stream.isEmpty) Deno.removeSync(this.#path(cpu));
    }
  }

  #stream(cpu: number): PartialStream {
    const known = this.#streams.get(cpu);
    if (known !== undefined) return known;
    const stream = new PartialStream(this.#path(cpu), this.#uuid);
    this.#streams.set(cpu, stream);
    return stream;
  }

  #path(cpu: number): string {
    return `${this.name}/${CHANNEL_NAME}${cpu}`;
  }
}

/** CPUs whose streams a directory holds; a `TypeError` for anything but a trace. */
function streamsIn(path: string): number[] {
  const cpus: number[] = [];
  for (const { name, isFile } of Deno.readDirSync(path)) {
    const stream = /^channel0_(0|[1-9]\d{0,2})$/.exec(name);
    if (isFile && stream !== null) cpus.push(Number(stream[1]));
    else if (/^channel0_\d+_\d+$/.test(name)) {
      throw new TypeError(`Cannot complete trace ${path}: its streams are in several files each`);
    } else if (!(isFile && name === "metadata") && !name.startsWith(".")) {
      throw new TypeError(`Cannot complete trace ${path}: it holds "${name}"`);
    }
  }
  return cpus;
}

/** What the header of a packet at byte `at` tells; `null` if it is none of this trace. */
function packetOf(header: Uint8Array, uuid: Uint8Array, at: number): FilePacket | null {
  const view = packetView(header);
  if (view.getUint32(0, true) !== PACKET_MAGIC) return null;
  const { seq, contentSize, packetSize } = readPacketInfo(view, 0);
  const isOurs = readPacketUuid(view, 0).every((byte, i) => byte === uuid[i]);
  const isPossible = contentSize >= PACKET_HEADER_SIZE && packetSize >= contentSize &&
    Number.isInteger(packetSize);
  return isOurs && isPossible ? { seq, contentSize, at, packetSize } : null;
}
