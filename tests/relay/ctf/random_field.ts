/*
 * Random types of fields in TSDL with random values of theirs, written by an encoder that shares nothing
 * with the reader.
 */
import { EnumValue, type FieldValue } from "@ltt/relay/ctf";
import type { BitWriter } from "./bit_writer.ts";

/** An integer from 0 on, below a bound. */
export type Below = (bound: number) => number;

/** A field with its declaration; `write` chooses a value, writes it and says what is to be read. */
export interface RandomField {
  /** Its name in TSDL. */
  readonly name: string;
  /** Declarations, one or two: those that it depends on come first. */
  readonly text: string;
  /** Alignment in bits. */
  readonly alignment: number;
  /** Whether it begins and ends at bytes. */
  readonly isBytewise: boolean;
  write(writer: BitWriter): [name: string, value: FieldValue][];
}

/** A type whose values can be written. */
interface RandomType {
  readonly text: string;
  /** What stands behind a field's name. */
  readonly suffix?: string;
  readonly alignment: number;
  readonly isBytewise: boolean;
  write(writer: BitWriter): FieldValue;
}

/** Makes fields of a trace of a byte order. */
export class RandomFields {
  readonly #below: Below;
  readonly #isLittle: boolean;
  #names = 0;

  constructor(below: Below, isLittle: boolean) {
    this.#below = below;
    this.#isLittle = isLittle;
  }

  /** Fields, at most so many, in structures up to some depth. */
  fields(most: number, depth: number): RandomField[] {
    return Array.from({ length: this.#below(most + 1) }, () => this.field(depth));
  }

  /** A field. */
  field(depth: number): RandomField {
    const name = this.#name();
    switch (this.#below(depth > 0 ? 9 : 5)) {
      case 5:
        return this.#sequence(name, depth);
      case 6:
        return this.#variant(name, depth);
      case 7:
        return this.#plain(name, this.#array(depth));
      case 8:
        return this.#plain(name, this.#struct(depth));
      default:
        return this.#plain(name, this.#scalar());
    }
  }

  #name(): string {
    return `${["", "_", "__"][this.#below(3)]}f${this.#names++}`;
  }

  #plain(name: string, type: RandomType): RandomField {
    const { text, suffix = "", alignment, isBytewise } = type;
    return {
      name,
      text: `${text} ${name}${suffix};`,
      alignment,
      isBytewise,
      write: (writer) => [[shown(name), type.write(writer)]],
    };
  }

  #scalar(): RandomType {
    switch (this.#below(5)) {
      case 0:
        return this.#float();
      case 1:
        return this.#string();
      case 2:
        return this.#enumeration();
      default:
        return this.#integer();
    }
  }

  #integer(mostSize = 64): RandomType & { readonly size: number; readonly signed: boolean } {
    const isWhole = this.#below(2) === 0;
    const size = isWhole
      ? [8, 16, 32, 64].filter((one) => one <= mostSize)[this.#below(mostSize >= 64 ? 4 : 1)]
      : 1 + this.#below(mostSize);
    const alignment = 2 ** this.#below(7) * (isWhole ? 8 : 1) % 128 || 1;
    const signed = this.#below(2) === 0;
    // Only what is whole bytes may be in another order than the bits around it.
    const isOther = isWhole && alignment >= 8 && this.#below(4) === 0;
    const isLittle = this.#isLittle !== isOther;
    const order = isOther ? ` byte_order = ${isLittle ? "le" : "be"};` : "";
    return {
      text: `integer { size = ${size}; align = ${alignment}; signed = ${signed};${order} }`,
      alignment,
      isBytewise: size % 8 === 0 && alignment >= 8,
      size,
      signed,
      write: (writer) => {
        writer.align(alignment);
        const bits = this.#bits(size);
        writer.integer(bits, size, isLittle);
        return exact(signed ? BigInt.asIntN(size, bits) : bits);
      },
    };
  }

  #bits(size: number): bigint {
    const all = (1n << BigInt(size)) - 1n;
    switch (this.#below(4)) {
      case 0:
        return BigInt(this.#below(10)) & all;
      case 1:
        return all - (BigInt(this.#below(10)) & all);
      default: {
        const words = [this.#below(2 ** 32), this.#below(2 ** 32)].map(BigInt);
        return (words[0] << 32n | words[1]) >> BigInt(64 - size);
      }
    }
  }

  #float(): RandomType {
    const size = this.#below(2) === 0 ? 32 : 64;
    const alignment = [1, 8, 32][this.#below(3)];
    const digits = size === 32 ? "exp_dig = 8; mant_dig = 24;" : "exp_dig = 11; mant_dig = 53;";
    return {
      text: `floating_point { ${digits} align = ${alignment}; }`,
      alignment,
      isBytewise: alignment >= 8,
      write: (writer) => {
        writer.align(alignment);
        const value = Math.fround([0.5, -1.25, 1e10, 0, -3.75e-5][this.#below(5)]);
        const view = new DataView(new ArrayBuffer(8));
        if (size === 32) view.setFloat32(4, value);
        else view.setFloat64(0, value);
        writer.integer(view.getBigUint64(0), size, this.#isLittle);
        return value;
      },
    };
  }

  #string(): RandomType {
    return {
      text: "string",
      alignment: 8,
      isBytewise: true,
      write: (writer) => {
        writer.align(8);
        const text = ["a", "hello", "äß€😀", "x".repeat(63), "y".repeat(64), "z".repeat(300)];
        const value = text[this.#below(text.length)];
        writer.raw(new TextEncoder().encode(`${value}\0`));
        return value;
      },
    };
  }

  /** A container with ranges of labels, of which some overlap. */
  #enumeration(): RandomType {
    const size = [3, 5, 8, 16, 64][this.#below(5)];
    const alignment = size % 8 === 0 ? 8 : 1;
    const first = BigInt(this.#below(4));
    const labels: [string, bigint, bigint][] = [
      ["a", 0n, first],
      ["label 2", first + 1n, 5n],
      ["b", 5n, 6n],
    ];
    const mappings = labels.map(([label, low, high]) => `"${label}" = ${low} ... ${high}`);
    return {
      text: `enum : integer { size = ${size}; align = ${alignment}; } { ${mappings.join(", ")} }`,
      alignment,
      isBytewise: size % 8 === 0,
      write: (writer) => {
        writer.align(alignment);
        const bits = this.#bits(size);
        writer.integer(bits, size, this.#isLittle);
        const known = labels.filter(([, low, high]) => bits >= low && bits <= high);
        return new EnumValue(known.map(([label]) => label), exact(bits));
      },
    };
  }

  #array(depth: number): RandomType {
    const length = this.#below(5);
    if (this.#below(4) === 0) return this.#textArray(length);
    const element = this.#element(depth);
    return {
      text: element.text,
      suffix: `[${length}]${element.suffix ?? ""}`,
      alignment: element.alignment,
      isBytewise: element.isBytewise,
      write: (writer) => {
        // Without elements it is aligned all the same.
        writer.align(element.alignment);
        return Array.from({ length }, () => element.write(writer));
      },
    };
  }

  #textArray(length: number): RandomType {
    return {
      text: "integer { size = 8; align = 8; encoding = UTF8; }",
      suffix: `[${length}]`,
      alignment: 8,
      isBytewise: true,
      write: (writer) => {
        writer.align(8);
        const text = ["", "ab", "abcdefgh"][this.#below(3)].slice(0, length);
        writer.raw(new TextEncoder().encode(text.padEnd(length, "\0")));
        return text;
      },
    };
  }

  #element(depth: number): RandomType {
    switch (this.#below(4)) {
      case 0:
        return this.#struct(depth);
      case 1:
        return this.#array(depth - 1 > 0 ? depth - 1 : 0);
      default:
        return this.#scalar();
    }
  }

  #struct(depth: number): RandomType {
    const fields = this.fields(3, depth - 1);
    const own = this.#below(3) === 0 ? 2 ** this.#below(7) : 1;
    const alignment = Math.max(own, ...fields.map((one) => one.alignment));
    return {
      text: `struct { ${fields.map(({ text }) => text).join(" ")} } align(${own})`,
      alignment,
      isBytewise: fields.every((one) => one.isBytewise),
      write: (writer) => {
        writer.align(alignment);
        return Object.fromEntries(fields.flatMap((one) => one.write(writer)));
      },
    };
  }

  /** A length of any size, and so many elements. */
  #sequence(name: string, depth: number): RandomField {
    const length = this.#name();
    const size = [4, 8, 32, 64][this.#below(4)];
    const lengthAlignment = size % 8 === 0 ? 8 : 1;
    const element = this.#element(depth);
    const suffix = element.suffix ?? "";
    return {
      name,
      text: `integer { size = ${size}; align = ${lengthAlignment}; } ${length}; ` +
        `${element.text} ${name}[ ${length} ]${suffix};`,
      alignment: Math.max(lengthAlignment, element.alignment),
      isBytewise: size % 8 === 0 && element.isBytewise,
      write: (writer) => {
        const count = this.#below(5);
        writer.align(lengthAlignment);
        writer.integer(BigInt(count), size, this.#isLittle);
        writer.align(element.alignment);
        const elements = Array.from({ length: count }, () => element.write(writer));
        return [[shown(length), count], [shown(name), elements]];
      },
    };
  }

  /** A tag, and what it tells. */
  #variant(name: string, depth: number): RandomField {
    const tag = this.#name();
    const size = [2, 8][this.#below(2)];
    const alignment = size === 8 ? 8 : 1;
    const options = [0, 1, 2].map((i) => ({ ...this.#option(depth), name: `_o${i}` }));
    const labels = options.map(({ name }, i) => `${name} = ${i}`).join(", ");
    const texts = options.map(({ text, suffix = "", name }) => `${text} ${name}${suffix};`);
    return {
      name,
      text: `enum : integer { size = ${size}; align = ${alignment}; } { ${labels} } ${tag}; ` +
        `variant <${tag}> { ${texts.join(" ")} } ${name};`,
      alignment,
      isBytewise: size === 8 && options.every((one) => one.isBytewise),
      write: (writer) => {
        const chosen = this.#below(3);
        writer.align(alignment);
        writer.integer(BigInt(chosen), size, this.#isLittle);
        const option = options[chosen];
        const value = { [shown(option.name)]: option.write(writer) };
        return [[shown(tag), new EnumValue([option.name], chosen)], [shown(name), value]];
      },
    };
  }

  #option(depth: number): RandomType {
    return this.#below(2) === 0 ? this.#struct(depth) : this.#scalar();
  }
}

/** A name without its first `_`. */
export function shown(name: string): string {
  return name.startsWith("_") ? name.slice(1) : name;
}

function exact(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
