/** What is measured: two kinds of events, by each peer in its own way. */

/** One unsigned 64-bit integer; or a u32, an i64, a u64 and a string of 17 characters. */
export type EventKind = "u64" | "3 ints + string";

/** The cost of an event in one round. */
export interface Figure {
  /** The row it belongs to: a peer, or one of its variants. */
  peer: string;
  event: EventKind;
  threads: number;
  ns: number;
  /** Events a run and thread; null where the peer does not say. */
  events: number | null;
}

/** Something that writes events. What it throws is why it is left out of the table. */
export interface Peer {
  readonly name: string;
  start?(): Promise<void>;
  round(): AsyncIterable<Figure>;
  /** Called once, also if `start` failed or never was called. */
  end?(): Promise<void>;
}

/** What a peer is given. */
export interface Surroundings {
  /** Events of a run of a fast peer. */
  events: number;
  /** A directory of the peer's own, removed in the end. */
  dir: string;
  /** Aborted when all is to end at once. */
  signal: AbortSignal;
}

/** All that is measured of a peer in a round. */
export const CASES: readonly { event: EventKind; threads: number }[] = [
  { event: "u64", threads: 1 },
  { event: "u64", threads: 2 },
  { event: "3 ints + string", threads: 1 },
  { event: "3 ints + string", threads: 2 },
];
