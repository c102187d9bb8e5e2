import {
  type ArrayType,
  COMPACT_HEADER_SIZE,
  type EnumerationType,
  EXTENDED_HEADER_SIZE,
  type FieldLike,
  type FieldType,
  fixedSize,
  type FloatType,
  type IntegerType,
  type SequenceType,
} from "../ctf/mod.ts";

/** Source of the writer of a tracepoint, and the enumerations it looks labels up in. */
export interface WriterSource {
  /** Body of a function of `tools` that returns the writer. */
  readonly body: string;
  /** What `tools.enumerations` has to hold. */
  readonly enumerations: readonly { readonly name: string; readonly type: EnumerationType }[];
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

/** How a value of a fixed length is written. */
interface Scalar {
  /** Lines that convert it. */
  readonly convert: string[];
  /** Its bytes. */
  readonly size: number;
  /** Lines that store it at an address. */
  readonly store: (at: string) => string[];
}

class Writer {
  readonly #id: number;
  readonly #enumerations: { name: string; type: EnumerationType }[] = [];
  /** Converts arguments: may run anybody's code. */
  readonly #convert: string[] = [];
  /** Encodes text: runs nobody's. */
  readonly #encode: string[] = [];
  readonly #store: string[] = [];
  /** Bytes of fields of a fixed length since the last one of another. */
  #offset = 0;
  /** Expressions that add up to the bytes of the others. */
  readonly #lengths: string[] = [];
  #variables = 0;
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
    return { body, enumerations: this.#enumerations };
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
  times[0] = time;
  const known = time < limit[0];
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

  #variable(): string {
    return `v${this.#variables++}`;
  }

  #field(name: string, type: FieldType, value: string): void {
    switch (type.kind) {
      case "string":
        return this.#text(value);
      case "array":
      case "sequence":
        return this.#elements(name, type, value);
      case "struct": {
        const object = this.#variable();
        this.#convert.push(`  const ${object} = ${value};`);
        for (const field of type.fields) {
          // A property may be anybody's code: it is read once.
          const property = this.#variable();
          this.#convert.push(`  const ${property} = ${object}.${field.name};`);
          this.#field(`${name}.${field.name}`, field.type, property);
        }
        return;
      }
      default: {
        const scalar = this.#scalar(name, type, value);
        this.#convert.push(...scalar.convert);
        this.#store.push(...scalar.store(`at + ${this.#offset}`));
        this.#offset += scalar.size;
      }
    }
  }

  #text(value: string): void {
    const [text, from, end] = [this.#variable(), this.#variable(), this.#variable()];
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
    const [from, end] = [this.#variable(), this.#variable()];
    this.#convert.push(
      `  const ${from} = scratch.top;`,
      ...this.#assemble(name, type, value, from),
      `  const ${end} = scratch.top;`,
    );
    this.#blob(from, end);
  }

  /** Assembles a value at the top of the scratch, as part of what begins at `from`. */
  #assemble(name: string, type: FieldType, value: string, from: string): string[] {
    const given = this.#variable();
    switch (type.kind) {
      case "string":
        return [
          `  const ${given} = ${value};`,
          `  const ${given}t = typeof ${given} === "string" ? ${given} : String(${given});`,
          `  scratch.top = scratch.encode(${given}t, scratch.top);`,
        ];
      case "struct": {
        const fields = type.fields.map((field) =>
          this.#assemble(`${name}.${field.name}`, field.type, `${given}.${field.name}`, from)
        );
        return [`  const ${given} = ${value};`, ...fields.flat()];
      }
      case "array":
      case "sequence": {
        const [length, i] = [this.#variable(), this.#variable()];
        const isArray = type.kind === "array";
        const fits = `scratch.top - ${from} <= scratch.limit`;
        return [
          `  const ${given} = ${value};`,
          `  const ${length} = ${isArray ? type.length : `${given}.length >>> 0`};`,
          ...(isArray
            ? []
            : assembleScalar(4, (at) => [`view.setUint32(${at}, ${length}, true);`])),
          `  for (let ${i} = 0; ${i} < ${length} && ${fits}; ${i}++) {`,
          ...this.#assemble(`${name}[]`, type.element, `${given}[${i}]`, from),
          `  }`,
        ];
      }
      default: {
        const { convert, size, store } = this.#scalar(name, type, value);
        return [...convert, ...assembleScalar(size, store)];
      }
    }
  }

  /** How a value of a fixed length is converted, and stored at an address. */
  #scalar(
    name: string,
    type: IntegerType | FloatType | EnumerationType,
    value: string,
  ): Scalar {
    if (type.kind === "float") {
      const number = this.#variable();
      const store = (
        at: string,
      ): string[] => [`view.setFloat${type.size}(${at}, ${number}, true);`];
      return { convert: [`const ${number} = +${value};`], size: type.size / 8, store };
    }
    if (type.kind === "integer") return this.#integer(type, value);
    if (type.boolean) return this.#integer(type.container, `(${value} ? 1 : 0)`);
    const number = this.#variable();
    const k = this.#enumerations.push({ name, type }) - 1;
    const given = this.#variable();
    const label = `labelValue(enumerations[${k}], ${given})`;
    const { convert, ...integer } = this.#integer(type.container, number);
    const first = [
      `const ${given} = ${value};`,
      `const ${number} = typeof ${given} === "string" ? ${label} : ${given};`,
    ];
    return { convert: [...first, ...convert], ...integer };
  }

  #integer({ size }: IntegerType, value: string): Scalar {
    if (size === 64) return this.#integer64(value);
    const number = this.#variable();
    const store = (at: string): string[] => {
      const arguments_ = size === 8 ? `${at}, ${number}` : `${at}, ${number}, true`;
      return [`view.setInt${size}(${arguments_});`];
    };
    return { convert: [`const ${number} = ${value} | 0;`], size: size / 8, store };
  }

  /** A number is stored as its halves, which is cheaper than making a bigint of it. */
  #integer64(value: string): Scalar {
    const [given, number] = [this.#variable(), this.#variable()];
    const convert = [
      `const ${given} = ${value};`,
      `const ${number} = typeof ${given} === "bigint" ? ${given} : +${given};`,
    ];
    const store = (at: string): string[] => [
      `if (typeof ${number} === "number") {`,
      `  const low = ${number} | 0;`,
      `  view.setInt32(${at}, low, true);`,
      `  view.setInt32(${at} + 4, low === ${number} ? low >> 31 : highHalf(${number}), true);`,
      `} else view.setBigInt64(${at}, ${number}, true);`,
    ];
    return { convert, size: 8, store };
  }
}

/** The bits from 32 on of a number cut to an integer, for the code that is written here. */
export function highHalf(number: number): number {
  return Math.floor(Math.trunc(number) / 2 ** 32) | 0;
}

/** Stores a value at the top of the scratch, where its view may have become another one. */
function assembleScalar(size: number, store: Scalar["store"]): string[] {
  return [
    `  scratch.room(scratch.top, ${size});`,
    `  {`,
    `    const { view, top } = scratch;`,
    ...store("top"),
    `    scratch.top = top + ${size};`,
    `  }`,
  ];
}
