/*
 * What a page is given: lines of numbers and texts, a line of each per field of an event class, and a
 * description in JSON of where each is.
 *
 *   0   u32   bytes of the description
 *   4   description, a PictureHeader
 *   …   bytes that the description points into
 */
import type { Scope } from "../value_source.ts";

/** Where a line of numbers is, and how. */
export interface PackedNumbers {
  /** Byte from the end of the description on. */
  readonly at: number;
  /** How many. */
  readonly count: number;
  /** Bytes of a number: unsigned integers, all lowest bytes first, then all second ones; 8 is a double. */
  readonly width: 0 | 1 | 2 | 4 | 8;
  /** What is added to each. */
  readonly base: number;
  /** Whether each is the difference to the one before it. */
  readonly delta: boolean;
}

/** Where a line of texts is: each different one once, and which of them it is. */
export interface PackedTexts {
  /** Byte from the end of the description on, where the different ones begin, in UTF-8. */
  readonly at: number;
  /** Bytes of all of them. */
  readonly size: number;
  /** Characters of each, as UTF-16 counts them. */
  readonly lengths: PackedNumbers;
  /** Number of the text in each place. */
  readonly indices: PackedNumbers;
}

/** A field of an event class: what all its events have recorded there, in order. */
export interface PackedField {
  /** In which part of the events it is. */
  readonly scope: Scope;
  /** Names of the structures it is in there, and its own. */
  readonly path: readonly string[];
  /** Whether people are shown it: what others show, such as the length of a sequence, is only found. */
  readonly isShown: boolean;
  /** In which base people are shown its integers. */
  readonly base: 2 | 8 | 10 | 16;
  /** Its numbers, `null` if it is none. */
  readonly numbers: PackedNumbers | null;
  /** Numbers that no double holds: the place, and the digits. */
  readonly exact: readonly (readonly [place: number, digits: string])[];
  /** Its texts, or those that `packValue` makes of its values; `null` if it is a number. */
  readonly texts: PackedTexts | null;
  /** Whether the texts are what was recorded. */
  readonly isText: boolean;
}

/** A kind of events. */
export interface PackedClass {
  /** Its name. */
  readonly name: string;
  /** Its fields in order. */
  readonly fields: readonly PackedField[];
}

/** What lasted. Numbers of events are -1 where no event was recorded. */
export interface PackedPairs {
  /** Names of what lasts. */
  readonly names: readonly string[];
  /** Which of these, for each, in the order they began. */
  readonly name: PackedNumbers;
  /**
   * How long it lasted, in nanoseconds, where not both events tell it: to the end of the trace if it did
   * not end. Where they do it is 0.
   */
  readonly length: PackedNumbers;
  /** Number of the event it began with. */
  readonly beginEvent: PackedNumbers;
  /** Number of the event it ended with. */
  readonly endEvent: PackedNumbers;
}

/** A CPU of a trace. */
export interface PackedLane {
  /** Index of the trace. */
  readonly trace: number;
  /** The CPU, -1 if the stream does not say. */
  readonly cpu: number;
}

/** Events that were lost: in columns, times in nanoseconds. */
export interface PackedLost {
  /** On which lane. */
  readonly lane: PackedNumbers;
  /** None was lost before. */
  readonly begin: PackedNumbers;
  /** None was lost later. */
  readonly end: PackedNumbers;
  /** How many. */
  readonly count: PackedNumbers;
}

/** When a CPU recorded: from the first packet of its stream to the end of the last. */
export interface CpuLife {
  /** What tells its trace apart. */
  readonly trace: string;
  /** The CPU, -1 if the stream does not say. */
  readonly cpu: number;
  /** Nanoseconds as an event's `time`. */
  readonly begin: number;
  /** Likewise. */
  readonly end: number;
}

/** Facts of a trace that its events do not tell. */
export interface PictureFacts {
  /** What people call it. */
  readonly title: string;
  /** Nanoseconds since the epoch at which times count from 0, in digits. */
  readonly beginNs: string;
  /** What metadata says of where each trace was made, by what tells the traces apart. */
  readonly environments: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
  /** When its CPUs recorded. */
  readonly lives: readonly CpuLife[];
}

/** The description. */
export interface PictureHeader {
  /** Facts of the trace. */
  readonly facts: PictureFacts;
  /** What tells traces apart, as in the facts. */
  readonly traces: readonly string[];
  /** Their CPUs. */
  readonly lanes: readonly PackedLane[];
  /** When each event was recorded: nanoseconds, in order. */
  readonly time: PackedNumbers;
  /** Its lane. */
  readonly lane: PackedNumbers;
  /** Its class. */
  readonly class: PackedNumbers;
  /** The classes. */
  readonly classes: readonly PackedClass[];
  /** What lasted. */
  readonly pairs: PackedPairs;
  /** What was lost. */
  readonly lost: PackedLost;
}
