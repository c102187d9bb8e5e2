import { COMPACT_HEADER_SIZE, EXTENDED_HEADER_SIZE } from "../ctf/event_header.ts";
import { fixedSize } from "../ctf/field_size.ts";
import type { ArrayType, FieldLike, FieldType, SequenceType } from "../ctf/field_types.ts";
import { MAX_TIME_NS } from "./clock.ts";
import { type NamedEnumeration, ValueSource } from "./value_source.ts";

/** Source of the writer of a tracepoint, and the enumerations it looks labels up in. */
export interface WriterSource {
  /** Body of a function of `tools` that returns the writer. */
  readonly body: string;
  /** What `tools.enumerations` has to hold. */
  readonly enumerations: readonly NamedEnumeration[];
}

/**
 * Writes the code of a tracepoint's writer, for its fields alone. It runs in this order, so that no
 * code of anybody else runs while a slot is open:
 *
 * 1. every argument is converted, structs are taken apart, arrays are assembled in the scratch
 * 2. text is encoded into the scratch
 * 3. the time is read, a slot reserved, everything stored, the slot committed, the event counted
 */
export function writerSource(
  id: number,
  context: readonly FieldLike[],
  fields: readonly FieldLike[],
): WriterSource {
  return new Writer(id).source(context, fields);
}

class Writer {
  readonly #id: number;
  readonly #values = new ValueSource();
  /** Converts arguments: may run anybody's code. */
  readonly #convert: string[] = [];
  /** Encodes text: runs nobody's. */
  readonly #encode: string[] = [];
  readonly #store: string[] = [];
  /** Bytes of fields of a fixed length since the last one of another. */
  #offset = 0;
  /** Expressions that add up to the bytes of the others. */
  readonly #lengths: string[] = [];
  #usesScratch = false;
  #remembers = false;
  #assembles = false;

  constructor(id: number) {
    this.#id = id;
  }

  source(context: readonly FieldLike[], fields: readonly FieldLike[]): WriterSource {
    for (const [i, { name, type }] of context.entries()) this.#field(name, type, `context[${i}]`);
    const parameters = fields.map((_, i) => `a${i}`);
    for (const [i, { name, type }] of fields.entries()) this.#field(name, type, parameters[i]);
    const fixed = fixedSize([...context, ...fields]);
    const list = parameters.join(", ");
    // Two functions: V8 puts the first one into its callers, whatever the length of the second.
    const body = `"use strict";
const { flags, stream, scratch, view, now, context, enumerations, labelValue, highHalf } = tools;
function record(${list}) {
${this.#assembles ? this.#assembled(fixed) : this.#plain(fixed)}
}
return function (${list}) {
  if (flags[${this.#id}] !== 0) record(${list});
};`;
    return { body, enumerations: this.#values.enumerations };
  }

  #plain(fixed: number): string {
    return [...this.#convert, ...this.#scratchBegin(), ...this.#encode, this.#emit(fixed)].join(
      "\n",
    );
  }

  /** Arrays are assembled while arguments are converted, which may record events or throw. */
  #assembled(fixed: number): string {
    return `  const base = scratch.top;
  try {
${[...this.#convert, ...this.#scratchBegin(), ...this.#encode, this.#emit(fixed)].join("\n")}
  } finally {
    scratch.top = base;
  }`;
  }

  #scratchBegin(): string[] {
    return this.#usesScratch ? ["  let top = scratch.top;"] : [];
  }

  #emit(fixed: number): string {
    const id = this.#id;
    const isFixed = this.#lengths.length === 0;
    const variable = isFixed ? "" : `  const variable = ${this.#lengths.join(" + ")};\n`;
    const compact = COMPACT_HEADER_SIZE + fixed;
    const extended = EXTENDED_HEADER_SIZE + fixed;
    const size = `(known ? ${compact} : ${extended})${isFixed ? "" : " + variable"}`;
    return `${variable}  const { writer, times, limit } = stream;
  let time = now();
  if (!(time >= times[0])) time = times[0];
  let known = time < limit[0];
  if (!known && time > ${MAX_TIME_NS}) {
    time = times[0];
    known = time < limit[0];
  }
  times[0] = time;
  let at = writer.reserve(${size}, 1);
  if (at < 0) return stream.lose(${id});
  if (known) {
    view.setUint16(at, ${id}, true);
    view.setUint32(at + 2, time, true);
    at += ${COMPACT_HEADER_SIZE};
  } else at = stream.extended(view, at, ${id});
${this.#store.join("\n")}
  writer.commit();
  stream.events[${id}]++;${
      isFixed ? "" : `
  stream.bytes[${id}] += variable;`
    }${this.#remembers ? "\n  if (scratch.remembers) scratch.remember();" : ""}`;
  }

  #field(name: string, type: FieldType, value: string): void {
    switch (type.kind) {
      case "string":
        return this.#text(value);
      case "array":
      case "sequence":
        return this.#elements(name, type, value);
      case "struct": {
        const object = this.#values.variable();
        this.#convert.push(`  const ${object} = ${value};`);
        for (const field of type.fields) {
          // A property may be anybody's code: it is read once.
          const property = this.#values.variable();
          this.#convert.push(`  const ${property} = ${object}.${field.name};`);
          this.#field(`${name}.${field.name}`, field.type, property);
        }
        return;
      }
      default: {
        const scalar = this.#values.scalar(name, type, value);
        this.#convert.push(...scalar.convert);
        this.#store.push(...scalar.store(`at + ${this.#offset}`));
        this.#offset += scalar.size;
      }
    }
  }

  #text(value: string): void {
    const [text, from, end] = [
      this.#values.variable(),
      this.#values.variable(),
      this.#values.variable(),
    ];
    this.#usesScratch = true;
    this.#convert.push(
      `  const ${text} = typeof ${value} === "string" ? ${value} : String(${value});`,
    );
    this.#encode.push(`  const ${from} = scratch.text(${text}, top);`);
    this.#encode.push(`  const ${end} = scratch.end;`);
    this.#encode.push(`  if (${from} === top) top = ${end};`);
    this.#remembers = true;
    this.#blob(from, end);
  }

  /** Stores a piece of the scratch. */
  #blob(from: string, end: string): void {
    this.#store.push(`  scratch.copy(${from}, ${end}, at + ${this.#offset});`);
    this.#store.push(`  at += ${this.#offset} + ${end} - ${from};`);
    this.#lengths.push(`(${end} - ${from})`);
    this.#offset = 0;
  }

  #elements(name: string, type: ArrayType | SequenceType, value: string): void {
    this.#assembles = true;
    this.#usesScratch = true;
    const [from, end] = [this.#values.variable(), this.#values.variable()];
    this.#convert.push(
      `  const ${from} = scratch.top;`,
      ...this.#values.assemble(name, type, value, from),
      `  const ${end} = scratch.top;`,
    );
    this.#blob(from, end);
  }
}

/** The bits from 32 on of a number cut to an integer, for the code that is written here. */
export function highHalf(number: number): number {
  return Math.floor(Math.trunc(number) / 2 ** 32) | 0;
}
