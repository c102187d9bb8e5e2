/*
 * Traces in directories, read by TraceReader, and what it read as babeltrace2 would show it.
 */
import { assertEquals } from "@std/assert";
import {
  type ByteSource,
  bytesSource,
  CtfError,
  EnumValue,
  type FieldClass,
  type FieldValue,
  type FieldValues,
  type LostEvents,
  type ReaderOptions,
  type StructClass,
  type TraceEvent,
  type TraceInput,
  TraceReader,
} from "@ltt/relay/ctf";
import { type BabeltraceEvent, type Discarded, eachEvent } from "./babeltrace.ts";
import type { Value } from "./babeltrace_values.ts";

/** The traces in a directory and below it. */
export function traceInputs(directory: string): TraceInput[] {
  const entries = [...Deno.readDirSync(directory)].sort((a, b) => a.name < b.name ? -1 : 1);
  const below = entries.filter(({ isDirectory, name }) => isDirectory && name !== "index")
    .flatMap(({ name }) => traceInputs(`${directory}/${name}`));
  if (!entries.some(({ name }) => name === "metadata")) return below;
  const isStream = ({ isFile, name }: Deno.DirEntry): boolean =>
    isFile && name !== "metadata" && !name.startsWith(".");
  const streams = entries.filter(isStream).map(({ name }) => {
    const path = `${directory}/${name}`;
    return { name: path, source: bytesSource(Deno.readFileSync(path)) };
  });
  return [{ metadata: Deno.readFileSync(`${directory}/metadata`), streams }, ...below];
}

/** A source that says how much of it was asked for at once. */
export class WatchedSource implements ByteSource {
  readonly size: number;
  /** Most bytes in one. */
  most = 0;
  readonly #source: ByteSource;

  constructor(bytes: Uint8Array) {
    this.#source = bytesSource(bytes);
    this.size = bytes.length;
  }

  read(offset: number, into: Uint8Array): number {
    this.most = Math.max(this.most, into.length);
    return this.#source.read(offset, into);
  }
}

/** All that is in traces. */
export interface Reading {
  readonly reader: TraceReader;
  readonly events: readonly TraceEvent[];
  readonly lost: readonly LostEvents[];
  /** What was thrown, in order. */
  readonly errors: readonly CtfError[];
}

/** Reads everything, and goes on after errors. */
export function readAll(inputs: readonly TraceInput[], options: ReaderOptions = {}): Reading {
  const lost: LostEvents[] = [];
  const events: TraceEvent[] = [];
  const errors: CtfError[] = [];
  const reader = new TraceReader(inputs, { onLost: (one) => lost.push(one), ...options });
  for (;;) {
    try {
      const event = reader.next();
      if (event === null) return { reader, events, lost, errors };
      events.push(event);
    } catch (error) {
      if (!(error instanceof CtfError)) throw error;
      errors.push(error);
    }
  }
}

/** Fails unless TraceReader and babeltrace2 read the same from directories; gives what was read. */
export async function assertAsBabeltrace(...directories: string[]): Promise<Reading> {
  const reading = readAll(directories.flatMap(traceInputs));
  const { reader, events, lost, errors } = reading;
  let at = 0;
  const end = await eachEvent(directories, (expected) => {
    const event = events[at++];
    assertEquals(event && shownEvent(event, reader.beginNs, expected), expected, `event ${at - 1}`);
  });
  assertEquals([at, end.exitCode, errors], [events.length, 0, []], end.stderr);
  const counts = lostByBabeltrace(end.discarded);
  const uncounted = end.uncounted.filter(({ what }) => what === "events").length;
  const all = lost.map(({ count }) => count);
  // What was lost before a stream's first packet ended babeltrace2 tells without a number.
  assertEquals(all.length, counts.length + uncounted, end.stderr);
  for (const count of counts) {
    const found = all.indexOf(count);
    assertEquals(found >= 0, true, `${count} lost events: ${end.stderr}`);
    all.splice(found, 1);
  }
  return reading;
}

/** How many events were lost each time: LTTng's counter goes down now and then, and up again. */
function lostByBabeltrace(discarded: readonly Discarded[]): number[] {
  const behind = new Map<string, number>();
  return discarded.filter(({ what }) => what === "events").flatMap(({ count, stream }) => {
    const more = count - (behind.get(stream) ?? 0);
    behind.set(stream, Math.max(-more, 0));
    return more > 0 ? [more] : [];
  });
}

/** An event as babeltrace2 shows it: that is looked at only where its own output is not exact. */
export function shownEvent(
  event: TraceEvent,
  beginNs: bigint,
  shown: BabeltraceEvent,
): BabeltraceEvent {
  const { class: { name, fields }, packetContext } = event;
  return {
    ...shown,
    timestampNs: beginNs + BigInt(event.time),
    name,
    packetContext: (packetContext ?? {}) as BabeltraceEvent["packetContext"],
    eventContext: event.streamContext === null
      ? null
      : shownPlain(event.streamContext, shown.eventContext!) as BabeltraceEvent["eventContext"],
    fields: shownFields(fields, event.fields, shown.fields),
  };
}

function shownFields(
  { members }: StructClass,
  values: FieldValues,
  shown: Value | undefined,
): Record<string, Value> {
  const result: Record<string, Value> = {};
  for (const { name, class: field } of members) {
    const given = (shown as Readonly<Record<string, Value>> | undefined)?.[name];
    const value = shownValue(field, values[name], given);
    Object.defineProperty(result, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return result;
}

function shownValue(field: FieldClass, value: FieldValue, shown: Value | undefined): Value {
  switch (field.kind) {
    case "integer": {
      if (field.base === 10) return value as number;
      const unsigned = BigInt.asUintN(field.size, BigInt(value as number));
      return Number.isSafeInteger(Number(unsigned)) ? Number(unsigned) : unsigned;
    }
    case "float":
      return isNear(value as number, shown) ? shown : value as number;
    case "enumeration": {
      const { labels, value: number } = value as EnumValue;
      return { label: labels[0] ?? null, value: number };
    }
    case "string":
      return shownText(value as string, shown);
    case "struct":
      return shownFields(field, value as FieldValues, shown);
    case "variant": {
      const [[name, chosen]] = Object.entries(value as FieldValues);
      return shownValue(field.options.find((one) => one.name === name)!.class, chosen, shown);
    }
    default:
      if (typeof value === "string") return shownText(value, shown);
      return (value as readonly FieldValue[]).map((one, i) =>
        shownValue(field.element, one, (shown as readonly Value[] | undefined)?.[i])
      );
  }
}

/** In the place of an empty text babeltrace2 2.0.4 may show one of an event before. */
function shownText(text: string, shown: Value | undefined): string {
  return text === "" && typeof shown === "string" ? shown : text;
}

/** A value of which it is not known what it is: integers are taken for shown in base 10. */
function shownPlain(value: FieldValue, shown: Value | undefined): Value {
  if (typeof value === "number") {
    return !Number.isInteger(value) && isNear(value, shown) ? shown : value;
  }
  if (typeof value === "bigint") return value;
  if (typeof value === "string") return shownText(value, shown);
  if (value instanceof EnumValue) return { label: value.labels[0] ?? null, value: value.value };
  if (Array.isArray(value)) {
    return value.map((one, i) => shownPlain(one, (shown as readonly Value[] | undefined)?.[i]));
  }
  const given = shown as Readonly<Record<string, Value>> | undefined;
  const entries = Object.entries(value as FieldValues);
  // What a variant has chosen is shown without its name.
  if (entries.length === 1 && given?.[entries[0][0]] === undefined) {
    return shownPlain(entries[0][1], shown);
  }
  return Object.fromEntries(
    entries.map(([name, one]) => [
      name,
      shownPlain(one, given?.[name]),
    ]),
  );
}

/** Whether a number was rounded to the six digits that babeltrace2 shows. */
function isNear(value: number, shown: Value | undefined): shown is number {
  if (typeof shown === "bigint") return isNear(value, Number(shown));
  if (typeof shown !== "number" || Object.is(shown, -0) !== Object.is(value, -0)) return false;
  return Math.abs(shown - value) <= 5.1e-6 * Math.abs(value);
}
