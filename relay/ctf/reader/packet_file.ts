import type { ByteSource } from "./byte_source.ts";
import { clockOf, ClockTimes } from "./clock_times.ts";
import { DecodeState } from "./decode_state.ts";
import { type PacketHead, readPacketHead } from "./packet_head.ts";
import { MAX_WINDOW, PacketWindow } from "./packet_window.ts";
import type { TextCache } from "./text_cache.ts";
import type { Code, TraceCode } from "./trace_code.ts";
import type { TraceEvent } from "./trace_event.ts";
import type { TraceFormat } from "../tsdl/trace_format.ts";

/** Bytes that the begin of a packet has at most as a rule. */
const HEAD_SIZE = 256;
/** Bytes of packets that are compared at once. */
const COMPARED = 65_536;

/** A packet of a file. */
export interface FilePacket extends PacketHead {
  /** Where it begins, in bytes. */
  readonly at: number;
  /** Its length in bytes. */
  readonly size: number;
  /** Of its stream. */
  readonly times: ClockTimes;
}

/** Goes through the packets of a file, and through the events of the packet it is at. */
export class PacketFile {
  /** For errors, and for people; empty for bytes that are of no file. */
  readonly name: string;
  readonly #source: ByteSource;
  readonly #window: PacketWindow;
  readonly #format: TraceFormat;
  readonly #code: TraceCode;
  readonly #origin: number;
  readonly #state: DecodeState;
  readonly #times = new Map<number, ClockTimes>();
  #beginNs = 0n;
  /** Where the next packet begins. */
  #next = 0;
  #packet: FilePacket | null = null;
  #header: Code | null = null;
  /** Where the next event begins, as a byte of the window. */
  #at = 0;
  /** Where the content ends, as a byte of the window … */
  #end = 0;
  /** … and as a bit of it. */
  #endBits = 0;
  /** The number of the only kind of event there is, which headers need not have. */
  #onlyId = 0;

  /**
   * At no packet yet. `texts` is not needed where `code` goes over events without values. Errors tell places from
   * `origin` on, which is where the source begins in its file. `bytes` are all of the source, if they are in memory.
   */
  constructor(
    name: string,
    source: ByteSource,
    format: TraceFormat,
    code: TraceCode,
    texts: TextCache | null,
    origin: number = 0,
    bytes?: Uint8Array,
  ) {
    this.name = name;
    this.#source = source;
    this.#window = new PacketWindow(source, bytes);
    this.#format = format;
    this.#code = code;
    this.#state = new DecodeState(texts);
    this.#origin = origin;
  }

  /** The packet it is at, `null` at the end and before the first one. */
  get packet(): FilePacket | null {
    return this.#packet;
  }

  /** Has times counted from then on. */
  set beginNs(beginNs: bigint) {
    this.#beginNs = beginNs;
    for (const times of this.#times.values()) times.beginNs = beginNs;
  }

  /** Goes back to before the first packet. */
  rewind(): void {
    this.#next = 0;
    this.#packet = null;
  }

  /** Goes to the next packet; `null` if there is none any more. A `CtfError` for what is none. */
  nextPacket(): FilePacket | null {
    this.#packet = null;
    const { size } = this.#source;
    const at = this.#next;
    if (at >= size) return null;
    this.#window.moveTo(at, Math.min(HEAD_SIZE, size - at));
    this.#load();
    let head = readPacketHead(this.#state, this.#format, this.#code);
    while (head === null && this.#window.more(0)) {
      this.#load();
      head = readPacketHead(this.#state, this.#format, this.#code);
    }
    const packetSize = head?.packetSize ?? size - at;
    if (head === null || packetSize > size - at) {
      const there = `of ${head === null ? "its begin" : `${packetSize} bytes`} only ${size - at}`;
      throw this.#state.error(`Cannot read a packet: ${there} bytes are there`, 0);
    }
    if (packetSize === 0) throw this.#state.error("Cannot read a packet: it has no size", 0);
    this.#next = at + packetSize;
    this.#begin(head, packetSize);
    return this.#packet = { ...head, at, size: packetSize, times: this.#timesOf(head) };
  }

  #begin(head: PacketHead, packetSize: number): void {
    const state = this.#state;
    const contentBits = head.contentBits ?? 8 * packetSize;
    this.#header = head.code.header;
    this.#at = head.eventsAt;
    if (head.code.isBytewise && state.bit > 0) {
      this.#at++;
      state.bit = 0;
    }
    this.#endBits = contentBits;
    this.#end = Math.ceil(contentBits / 8);
    const { events } = head.code.stream;
    [this.#onlyId] = events.size === 1 ? events.keys() : [0];
    state.cpu = head.cpu;
    state.packetContext = head.context;
    state.elementsLeft = 65_536 + 2 * contentBits;
    if (head.timestampBegin !== null) state.tick(head.timestampBegin, 64);
  }

  /** The next event of the packet, `null` if there is none any more. A `CtfError` for what is none. */
  nextEvent(): TraceEvent | null {
    return this.#advance(true) ? this.#state.event : null;
  }

  /** Goes over the next event of the packet, whenever it was; whether there is one. A `CtfError` for what is none. */
  skipEvent(): boolean {
    return this.#advance(false);
  }

  #advance(isTimed: boolean): boolean {
    const state = this.#state;
    const { code, times } = this.#packet!;
    for (;;) {
      const at = this.#at;
      const { bit, low, high } = state;
      const begin = at * 8 + bit;
      if (begin >= this.#endBits) return false;
      const end = Math.min(this.#end, state.bytes.length);
      state.id = this.#onlyId;
      state.elements = 0;
      let next = this.#header!(state, at, end);
      if (next >= 0) {
        const read = code.event(state.id);
        if (read === null) {
          throw state.error(`Cannot read an event: number ${state.id} is unknown`, at);
        }
        if (isTimed) {
          state.time = times.at(state.high, state.low);
          if (state.time > Number.MAX_SAFE_INTEGER) {
            const why =
              "it is more than 104 days after the first one of all: no time of it is exact";
            throw state.error(`Cannot read an event: ${why}`, at);
          }
        }
        next = read(state, next, end);
      }
      if (next >= 0) {
        if (next * 8 + state.bit <= begin) {
          throw state.error("Cannot read an event: it has no size", at);
        }
        this.#at = next;
        return true;
      }
      // It is read again from its begin on, once more of it is there.
      state.elementsLeft += state.elements;
      state.bit = bit;
      state.low = low;
      state.high = high;
      this.#more(at);
    }
  }

  /** Whether a packet of this file has the same bytes as one of another file. */
  hasSame({ at, size }: FilePacket, other: PacketFile, otherPacket: FilePacket): boolean {
    if (size !== otherPacket.size) return false;
    const [a, b] = [new Uint8Array(COMPARED), new Uint8Array(COMPARED)];
    for (let done = 0; done < size; done += COMPARED) {
      const length = Math.min(COMPARED, size - done);
      this.#source.read(at + done, a.subarray(0, length));
      other.#source.read(otherPacket.at + done, b.subarray(0, length));
      for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
    }
    return true;
  }

  /** When the packet it is at begins, or its first event: nanoseconds since the clock's origin, if there is a clock. */
  beginOf(): bigint | null {
    if (this.#packet === null) return null;
    const { timestampBegin, times } = this.#packet;
    if (!times.hasClock) return null;
    if (timestampBegin !== null) return times.sinceOrigin(timestampBegin);
    const state = this.#state;
    const { bit, low, high } = state;
    const end = Math.min(this.#end, state.bytes.length);
    if (this.#at * 8 + bit >= this.#endBits || this.#header!(state, this.#at, end) < 0) return null;
    const cycles = BigInt(state.high >>> 0) << 32n | BigInt(state.low);
    Object.assign(state, { bit, low, high });
    return times.sinceOrigin(cycles);
  }

  #more(at: number): void {
    const state = this.#state;
    const before = this.#window.at;
    if (this.#end <= state.bytes.length) {
      throw state.error("Cannot read an event: it goes on behind the packet's content", at);
    }
    if (!this.#window.more(at)) {
      const isLong = state.bytes.length - at >= MAX_WINDOW / 2;
      const why = isLong ? `it is longer than ${MAX_WINDOW / 2} bytes` : "the file is cut off";
      throw state.error(`Cannot read an event: ${why}`, at);
    }
    this.#load();
    const moved = this.#window.at - before;
    this.#at -= moved;
    this.#end -= moved;
    this.#endBits -= 8 * moved;
  }

  #load(): void {
    this.#state.load(this.#window.bytes, this.name || null, this.#origin + this.#window.at);
  }

  #timesOf({ code: { stream } }: PacketHead): ClockTimes {
    const known = this.#times.get(stream.id);
    if (known !== undefined) return known;
    const times = new ClockTimes(clockOf(stream, this.#format));
    times.beginNs = this.#beginNs;
    this.#times.set(stream.id, times);
    return times;
  }
}
