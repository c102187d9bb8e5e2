import type { ByteOrder, EventClass, StructClass } from "./field_class.ts";

/** What the metadata says of a clock. */
export interface ClockClass {
  /** Its name. */
  readonly name: string;
  /** Tells whether clocks of several traces are the same one, `null` where it is not said. */
  readonly uuid: string | null;
  /** What it is, for people. */
  readonly description: string;
  /** How often it counts in a second. */
  readonly frequency: bigint;
  /** Seconds from its origin to its 0, to which `offset` is added. */
  readonly offsetS: bigint;
  /** Counts from its origin to its 0. */
  readonly offset: bigint;
  /** How wrong it may be, in counts. */
  readonly precision: bigint;
  /** Whether its origin is the same for clocks of other traces. */
  readonly isAbsolute: boolean;
}

/** What streams of a kind have in common. */
export interface StreamClass {
  /** Its number. */
  readonly id: number;
  /** What follows a packet's header. */
  readonly packetContext: StructClass | null;
  /** What events begin with. */
  readonly eventHeader: StructClass | null;
  /** What follows that in each event. */
  readonly eventContext: StructClass | null;
  /** Its kinds of events by their numbers. */
  readonly events: ReadonlyMap<number, EventClass>;
}

/** What the metadata of a trace says. */
export interface TraceFormat {
  /** In which order the bytes of numbers stand that do not say otherwise. */
  readonly byteOrder: ByteOrder;
  /** The trace's, 32 hexadecimal digits; `null` without any. */
  readonly uuid: string | null;
  /** Facts about where it was made. */
  readonly env: Readonly<Record<string, string | number | bigint>>;
  /** Clocks by name. */
  readonly clocks: ReadonlyMap<string, ClockClass>;
  /** What packets begin with. */
  readonly packetHeader: StructClass | null;
  /** Its kinds of streams by their numbers. */
  readonly streams: ReadonlyMap<number, StreamClass>;
}
