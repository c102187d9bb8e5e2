import type { PackedLane, PackedNumbers, PictureFacts, PictureHeader } from "../picture_format.ts";
import { FieldColumn, type Numbers, unpackNumbers } from "./columns.ts";

/** A kind of events: their numbers in the order of their times, and what they recorded. */
export interface EventKind {
  readonly index: number;
  readonly name: string;
  /** Number of its name: kinds of several traces that are named alike have one colour. */
  readonly color: number;
  readonly events: Uint32Array;
  readonly fields: readonly FieldColumn[];
}

/** What lasted, in the order it began. */
export interface PairTable {
  readonly names: readonly string[];
  readonly name: Numbers;
  readonly begin: Numbers;
  readonly duration: Numbers;
  readonly beginEvent: Numbers;
  readonly endEvent: Numbers;
}

/** Events that were lost, by columns. */
export interface LostTable {
  readonly lane: Numbers;
  readonly begin: Numbers;
  readonly end: Numbers;
  readonly count: Numbers;
}

/** A trace in memory: events are numbers, and everything about them is in columns. */
export class TraceData {
  readonly facts: PictureFacts;
  /** Nanoseconds, in order. */
  readonly time: Numbers;
  /** Index of the CPU, of one trace or several. */
  readonly lane: Numbers;
  readonly lanes: readonly PackedLane[];
  /** What tells the traces apart. */
  readonly traces: readonly string[];
  /** Index of the kind. */
  readonly kind: Numbers;
  readonly kinds: readonly EventKind[];
  /** Place of each event among those of its kind. */
  readonly place: Uint32Array;
  readonly pairs: PairTable;
  readonly lost: LostTable;
  /** From the first event or packet to the last, in nanoseconds; never empty. */
  readonly begin: number;
  readonly end: number;

  /** What a `PictureData` has collected. */
  constructor(bytes: Uint8Array) {
    const bodyAt = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    const header: PictureHeader = JSON.parse(new TextDecoder().decode(bytes.subarray(4, bodyAt)));
    const body = bytes.subarray(bodyAt);
    const numbers = (packed: PackedNumbers): Numbers => unpackNumbers(body, packed);
    const { pairs, lost } = header;
    this.facts = header.facts;
    this.time = numbers(header.time);
    this.lane = numbers(header.lane);
    this.lanes = header.lanes;
    this.traces = header.traces;
    this.kind = numbers(header.class);
    this.place = new Uint32Array(this.kind.length);
    const eventsOf = this.#sortByKind(header.classes.length);
    const names = [...new Set(header.classes.map(({ name }) => name))];
    this.kinds = header.classes.map(({ name, fields }, index) => ({
      index,
      name,
      color: names.indexOf(name),
      events: eventsOf[index],
      fields: fields.map((field) => new FieldColumn(body, field)),
    }));
    this.pairs = {
      names: pairs.names,
      name: numbers(pairs.name),
      ...this.#pairTimes(
        numbers(pairs.beginEvent),
        numbers(pairs.endEvent),
        numbers(pairs.length),
      ),
    };
    this.lost = {
      lane: numbers(lost.lane),
      begin: numbers(lost.begin),
      end: numbers(lost.end),
      count: numbers(lost.count),
    };
    [this.begin, this.end] = this.#extent();
  }

  /** How many events there are. */
  get events(): number {
    return this.time.length;
  }

  /** How many were lost. */
  get lostCount(): number {
    let sum = 0;
    for (const count of this.lost.count) sum += count;
    return sum;
  }

  /** What people are shown of an event's fields: names and texts. */
  fieldsOf(event: number): [name: string, text: string][] {
    const place = this.place[event];
    return this.kinds[this.kind[event]].fields.filter(({ isShown }) => isShown)
      .map((field) => [field.name, field.text(place)]);
  }

  /** The CPU of an event, -1 where it is not known. */
  cpuOf(event: number): number {
    return this.lanes[this.lane[event]].cpu;
  }

  /** The name of an event. */
  nameOf(event: number): string {
    return this.kinds[this.kind[event]].name;
  }

  /** When what lasted began, and how long it did: both events tell it, or one and a length. */
  #pairTimes(
    beginEvent: Numbers,
    endEvent: Numbers,
    length: Numbers,
  ): Omit<PairTable, "names" | "name"> {
    const { time } = this;
    const begin = new Float64Array(length.length);
    const duration = new Float64Array(length.length);
    for (let i = 0; i < length.length; i++) {
      const [first, last] = [beginEvent[i], endEvent[i]];
      begin[i] = first >= 0 ? time[first] : time[last] - length[i];
      duration[i] = first >= 0 && last >= 0 ? time[last] - begin[i] : length[i];
    }
    return { begin, duration, beginEvent, endEvent };
  }

  #sortByKind(kinds: number): Uint32Array[] {
    const counts = new Uint32Array(kinds);
    for (let i = 0; i < this.kind.length; i++) this.place[i] = counts[this.kind[i]]++;
    const eventsOf = Array.from(counts, (count) => new Uint32Array(count));
    for (let i = 0; i < this.kind.length; i++) eventsOf[this.kind[i]][this.place[i]] = i;
    return eventsOf;
  }

  #extent(): [number, number] {
    const { time, facts: { lives }, pairs, lost } = this;
    const begins = [...lives.map(({ begin }) => begin), ...lost.begin.subarray(0, 1)];
    const ends = lives.map(({ end }) => end);
    if (time.length > 0) {
      begins.push(time[0]);
      ends.push(time[time.length - 1]);
    }
    if (pairs.begin.length > 0) begins.push(pairs.begin[0]);
    const begin = begins.length > 0 ? Math.min(...begins) : 0;
    return [begin, Math.max(begin + 1000, ...ends)];
  }
}

/** The bytes that a page holds: base64 of what was compressed. */
export async function unpackPage(base64: string): Promise<Uint8Array> {
  const compressed = bytesOf(base64);
  const stream = new Blob([compressed]).stream().pipeThrough(
    new DecompressionStream("deflate-raw"),
  );
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as unknown as {
    fromBase64?: (text: string) => Uint8Array<ArrayBuffer>;
  };
  if (fromBase64 !== undefined) return fromBase64.call(Uint8Array, base64);
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
