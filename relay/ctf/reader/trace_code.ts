import { CtfError } from "../ctf_error.ts";
import type { DecodeState } from "./decode_state.ts";
import type {
  EnumClass,
  EventClass,
  FieldClass,
  FieldPath,
  StructClass,
} from "../tsdl/field_class.ts";
import { FieldRefs } from "../tsdl/field_refs.ts";
import { FieldSource, type SourceOptions } from "./field_source.ts";
import type { StreamClass, TraceFormat } from "../tsdl/trace_format.ts";

/**
 * Goes through a part of a packet, from a byte on, and from `state.bit` on in it. Returns the byte behind
 * it, and the bit in `state.bit`; -1 if that is behind `end`, or there is no end of a text before it.
 */
export type Code = (state: DecodeState, at: number, end: number) => number;

/** Scopes that code goes through in one, and how it begins. */
interface Part {
  readonly scopes: readonly (readonly [FieldPath["scope"], StructClass | null])[];
  readonly stream: StreamClass | null;
  readonly event: EventClass | null;
  readonly begin: SourceOptions["begin"];
  readonly hasValues: boolean;
  /** Lines behind it, with the values of its scopes. */
  readonly then: (values: readonly string[]) => string;
}

/** Code that is made for a trace from its metadata: for what is met, when it is met. */
export class TraceCode {
  readonly #format: TraceFormat;
  readonly #hasValues: boolean;
  readonly #refs = new FieldRefs();
  #header: Code | null = null;
  readonly #streams = new Map<number, StreamCode>();

  /** Events are only gone over, or read to `state.event`. */
  constructor(format: TraceFormat, hasValues: boolean) {
    this.#format = format;
    this.#hasValues = hasValues;
    this.update();
  }

  /** Has to be called when the format has grown. */
  update(): void {
    const { size } = this.#refs;
    this.#refs.add(this.#format.packetHeader);
    for (const stream of this.#format.streams.values()) {
      for (const one of [stream.packetContext, stream.eventHeader, stream.eventContext]) {
        this.#refs.add(one);
      }
      for (const { context, fields } of stream.events.values()) {
        this.#refs.add(context);
        this.#refs.add(fields);
      }
    }
    if (this.#refs.size === size) return;
    // Code that there is does not keep what is needed now.
    this.#header = null;
    this.#streams.clear();
  }

  /** Reads the header of a packet, which begins at byte 0, to `state.values`. */
  get header(): Code {
    return this.#header ??= this.#compile({
      scopes: [["packet header", this.#format.packetHeader]],
      stream: null,
      event: null,
      begin: 2 ** 20,
      hasValues: true,
      then: ([values]) => `s.values = ${values};`,
    });
  }

  /** The code for streams of a class. */
  stream(stream: StreamClass): StreamCode {
    const known = this.#streams.get(stream.id);
    if (known !== undefined) return known;
    const made = new StreamCode(stream, this.#hasValues, (part) => this.#compile(part));
    this.#streams.set(stream.id, made);
    return made;
  }

  #compile({ scopes, stream, event, begin, hasValues, then }: Part): Code {
    const isHeader = scopes.some(([scope]) => scope === "event header");
    const tag = (path: FieldPath): EnumClass => this.#field(path, stream, event) as EnumClass;
    const hasTimes = this.#hasValues;
    const options = { begin, hasValues, refs: this.#refs, isHeader, hasTimes, tag };
    const source = new FieldSource(options);
    const values = scopes.map(([scope, struct]) =>
      struct === null ? "null" : source.scope(scope, struct)
    );
    source.position.toBit();
    const body = `"use strict";
const { enums, of } = tools;
return function (s, at, end) {
const { view } = s;
let bit = s.bit;
let h = 0;
${source.position.lines.join("\n")}
if (at > end) return -1;
s.bit = bit;
${then(values)}
return at;
};`;
    try {
      return new Function("tools", body)({ enums: source.enums, of: event });
    } catch (error) {
      const why = (error as Error).message;
      throw new CtfError(`Cannot make code to read a trace: ${why}`, "metadata", 0);
    }
  }

  #field(path: FieldPath, stream: StreamClass | null, event: EventClass | null): FieldClass {
    const scopes: Record<FieldPath["scope"], StructClass | null | undefined> = {
      "packet header": this.#format.packetHeader,
      "packet context": stream?.packetContext,
      "event header": stream?.eventHeader,
      "stream event context": stream?.eventContext,
      "event context": event?.context,
      "event fields": event?.fields,
    };
    let field = scopes[path.scope] as FieldClass;
    for (const name of path.names) {
      while (field.kind === "array" || field.kind === "sequence") field = field.element;
      const inside = field.kind === "struct" ? field.members : [];
      const all = field.kind === "variant" ? field.options : inside;
      field = all.find((one) => one.name === name)!.class;
    }
    return field;
  }
}

/** Code for the streams of a class. */
export class StreamCode {
  /** The class. */
  readonly stream: StreamClass;
  /** Whether events begin at bytes, whatever is before them. */
  readonly isBytewise: boolean;
  readonly #hasValues: boolean;
  readonly #compile: (part: Part) => Code;
  readonly #events: (Code | undefined)[] = [];
  readonly #otherEvents = new Map<number | bigint, Code>();
  #context: Code | null = null;
  #header: Code | null = null;

  /** `compile` makes code of a part of a packet. */
  constructor(stream: StreamClass, hasValues: boolean, compile: (part: Part) => Code) {
    this.stream = stream;
    this.isBytewise = (stream.eventHeader?.alignment ?? 1) >= 8;
    this.#hasValues = hasValues;
    this.#compile = compile;
  }

  /** Reads a packet's context to `state.values`. */
  get context(): Code {
    return this.#context ??= this.#compile({
      scopes: [["packet context", this.stream.packetContext]],
      stream: this.stream,
      event: null,
      begin: "bitwise",
      hasValues: true,
      then: ([values]) => `s.values = ${values};`,
    });
  }

  /** Reads an event's header: its number to `state.id`, and the clock goes on. */
  get header(): Code {
    return this.#header ??= this.#compile({
      scopes: [["event header", this.stream.eventHeader]],
      stream: this.stream,
      event: null,
      begin: this.isBytewise ? 8 : "bitwise",
      hasValues: false,
      then: () => "",
    });
  }

  /** Reads the rest of an event, or goes over it; `null` if there is none of this number. */
  event(id: number | bigint): Code | null {
    return this.#events[id as number] ?? this.#otherEvents.get(id) ?? this.#compileEvent(id);
  }

  #compileEvent(id: number | bigint): Code | null {
    const event = this.stream.events.get(Number(id));
    if (event === undefined) return null;
    const code = this.#compile({
      scopes: [
        ["stream event context", this.stream.eventContext],
        ["event context", event.context],
        ["event fields", event.fields],
      ],
      stream: this.stream,
      event,
      begin: "bitwise",
      hasValues: this.#hasValues,
      then: (values) => {
        const begin = this.isBytewise ? "if (bit > 0) { at++; s.bit = 0; }" : "";
        return this.#hasValues ? `${begin}\ns.emit(of, ${values.join(", ")});` : begin;
      },
    });
    if (event.id < 65_536) this.#events[event.id] = code;
    else this.#otherEvents.set(event.id, code);
    return code;
  }
}
