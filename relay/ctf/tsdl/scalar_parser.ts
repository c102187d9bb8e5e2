import type { DeclaredFloat, DeclaredInteger } from "./declared_type.ts";
import type { IntegerClass, StringClass } from "./field_class.ts";
import { type Property, readProperty } from "./property_parser.ts";
import type { TypeParser } from "./type_parser.ts";

const BASES: Readonly<Record<string, IntegerClass["base"]>> = {
  decimal: 10,
  dec: 10,
  d: 10,
  i: 10,
  u: 10,
  hexadecimal: 16,
  hex: 16,
  x: 16,
  X: 16,
  p: 16,
  octal: 8,
  oct: 8,
  o: 8,
  binary: 2,
  b: 2,
};

/** Reads what types consist of in the end: `integer`, `floating_point` and `string`. */
export class ScalarParser {
  readonly #parser: TypeParser;
  /** Integers by their text: most metadata says a few ones again and again. */
  readonly #integers = new Map<string, DeclaredInteger>();

  /** Reads from where the parser is. */
  constructor(parser: TypeParser) {
    this.#parser = parser;
  }

  #byteOrder(property: Property | undefined): DeclaredInteger["byteOrder"] {
    switch (property) {
      case undefined:
      case "native":
        return null;
      case "le":
        return "le";
      case "be":
      case "network":
        return "be";
      default:
        throw this.#parser.lexer.error(`byte order "${property}" is unknown`);
    }
  }

  #properties(): Map<string, Property> {
    const properties = new Map<string, Property>();
    this.#parser.block(() => readProperty(this.#parser, properties));
    return properties;
  }

  /** Reads an integer. */
  integer(): DeclaredInteger {
    const text = this.#parser.lexer.upTo("}");
    const known = this.#integers.get(text);
    if (known !== undefined) {
      this.#parser.lexer.skip(text.length);
      return known;
    }
    const { at } = this.#parser.lexer;
    const integer = this.#newInteger();
    if (this.#parser.lexer.endBefore === at + text.length) this.#integers.set(text, integer);
    return integer;
  }

  #newInteger(): DeclaredInteger {
    this.#parser.lexer.next();
    const properties = this.#properties();
    const size = Number(properties.get("size"));
    if (!Number.isInteger(size) || size < 1 || size > 64) {
      throw this.#parser.lexer.error(`an integer of ${properties.get("size") ?? "unknown"} bits`);
    }
    const given = properties.get("align");
    const initial = size % 8 === 0 ? 8 : 1;
    const signed = properties.get("signed") ?? 0n;
    return {
      kind: "integer",
      size,
      alignment: given === undefined ? initial : this.#parser.alignment(given),
      signed: typeof signed === "bigint" ? signed !== 0n : /^true$/i.test(signed),
      base: this.#base(properties.get("base") ?? 10n),
      byteOrder: this.#byteOrder(properties.get("byte_order")),
      encoding: this.#encoding(properties.get("encoding") ?? "none"),
      clock: this.#clock(properties.get("map")),
    };
  }

  #base(base: Property): IntegerClass["base"] {
    const known = typeof base === "string" ? BASES[base] : Number(base);
    if (known === 2 || known === 8 || known === 10 || known === 16) return known;
    throw this.#parser.lexer.error(`base "${base}" is unknown`);
  }

  #encoding(encoding: Property): IntegerClass["encoding"] {
    const name = String(encoding).toLowerCase().replace("-", "");
    if (name === "none" || name === "utf8" || name === "ascii") return name;
    throw this.#parser.lexer.error(`encoding "${encoding}" is unknown`);
  }

  #clock(map: Property | undefined): string | null {
    if (map === undefined) return null;
    const name = /^clock\.([^.]+)(?:\.value)?$/.exec(String(map))?.[1];
    if (name === undefined) throw this.#parser.lexer.error(`"${map}" is no clock's value`);
    return name;
  }

  /** Reads a floating-point number. */
  float(): DeclaredFloat {
    this.#parser.lexer.next();
    const properties = this.#properties();
    const [exponent, mantissa] = [properties.get("exp_dig"), properties.get("mant_dig")].map(
      Number,
    );
    const size = exponent === 8 && mantissa === 24 ? 32 : 64;
    if (size === 64 && (exponent !== 11 || mantissa !== 53)) {
      const what = `${exponent} and ${mantissa} bits`;
      throw this.#parser.lexer.error(`a floating-point number of ${what} is not of IEEE 754`);
    }
    const alignment = this.#parser.alignment(properties.get("align") ?? 8n);
    const byteOrder = this.#byteOrder(properties.get("byte_order"));
    return { kind: "float", size, alignment, byteOrder };
  }

  /** Reads a string. */
  string(): StringClass {
    this.#parser.lexer.next();
    const properties = this.#parser.lexer.text === "{" ? this.#properties() : null;
    const encoding = this.#encoding(properties?.get("encoding") ?? "utf8");
    return { kind: "string", encoding: encoding === "ascii" ? "ascii" : "utf8" };
  }
}
