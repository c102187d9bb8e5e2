import type { ArgumentsOf, FieldLike } from "../ctf/field_types.ts";
import type { LoglevelName } from "../ctf/loglevel.ts";

/** A tracepoint: call it to record an event, with an argument for each field, by position. */
export interface Tracepoint<Arguments extends readonly unknown[]> {
  /**
   * Records an event, if the tracepoint is enabled and the session records. It waits for nobody and
   * allocates nothing, but for arguments that have to be converted.
   *
   * Arguments are converted first: numbers as a typed array of the field's type would, text by
   * `String`. What that throws is thrown, and nothing is recorded. An event that finds no room is
   * lost, and counted.
   */
  (...values: Arguments): void;
  /** Its number in the session. */
  readonly id: number;
  /** Whether events are recorded now: for arguments that are costly to make. */
  readonly enabled: boolean;
}

/** A tracepoint to declare, in place of its name. */
export interface TracepointOptions {
  /** Its name, any text that is not empty; by custom `"provider:event"`. */
  readonly name: string;
  /** How important its events are. Initially `"debug_line"`, as in LTTng-UST. */
  readonly loglevel?: LoglevelName;
}

/** A pair of tracepoints: call it to record the begin, and what it returns to record the end. */
export interface Span<
  Arguments extends readonly unknown[],
  EndArguments extends readonly unknown[],
> {
  /** Records a begin, and returns what records the end. Allocates that. */
  (...values: Arguments): SpanEnd<EndArguments>;
  /** Whether begins or ends are recorded now. */
  readonly enabled: boolean;
}

/** Records the end of a span; `using` does so without arguments. */
export interface SpanEnd<Arguments extends readonly unknown[]> {
  /** Records the end. */
  (...values: Arguments): void;
  /** Records the end, its fields as if `undefined` were given. */
  [Symbol.dispose](): void;
}

/** A span to declare, in place of its name. */
export interface SpanOptions<End extends readonly FieldLike[]> extends TracepointOptions {
  /** Fields of the end. Initially none. */
  readonly end?: End;
}

/** What a tracepoint with those fields is called with. */
export type TracepointOf<Fields extends readonly FieldLike[]> = Tracepoint<ArgumentsOf<Fields>>;
