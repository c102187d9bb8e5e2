/** Values as babeltrace2 shows them. */

/** A value as babeltrace2 shows it. Numbers of fields in base 16 are shown without a sign. */
export type Value =
  | number
  | bigint
  | string
  | Labelled
  | readonly Value[]
  | { readonly [field: string]: Value };

/** A value of an enumeration. */
export interface Labelled {
  /** The first of its labels; `null` if it has none. */
  readonly label: string | null;
  readonly value: number | bigint;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  e: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** How a value begins that has no name before it. */
const NO_NAME = /^(["{[(\d-]|nan }|inf })/;

/** Reads values one after the other. */
export class ValueParser {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  value(): Value {
    switch (this.#text[this.#at]) {
      case "{":
        return this.#struct();
      case "[":
        return this.#array();
      case "(":
        return this.#enumeration();
      case '"':
        return this.#string();
      default:
        return this.#number();
    }
  }

  /** Goes on behind a word if it comes next. */
  take(word: string): boolean {
    const isNext = this.#text.startsWith(word, this.#at);
    if (isNext) this.#at += word.length;
    return isNext;
  }

  expect(word: string): void {
    if (this.take(word)) return;
    const found = this.#text.slice(this.#at, this.#at + 40);
    throw new SyntaxError(`Expected "${word}", not "${found}": ${this.#text.slice(0, 2000)}`);
  }

  expectEnd(): void {
    if (this.#at < this.#text.length) this.expect("the end");
  }

  #struct(): Value {
    const struct: Record<string, Value> = {};
    this.expect("{ ");
    if (this.take("}")) return struct;
    if (NO_NAME.test(this.#text.slice(this.#at, this.#at + 6))) {
      // A variant: what was chosen, without its name.
      const value = this.value();
      this.expect(" }");
      return value;
    }
    do {
      const nameEnd = this.#text.indexOf(" = ", this.#at);
      const name = this.#text.slice(this.#at, nameEnd);
      if (nameEnd < 0 || Object.hasOwn(struct, name)) this.expect("a new name");
      this.#at = nameEnd + 3;
      const value = this.value();
      if (name === "__proto__") setOwn(struct, name, value);
      else struct[name] = value;
    } while (this.take(", "));
    this.expect(" }");
    return struct;
  }

  #array(): Value[] {
    const array: Value[] = [];
    this.expect("[ ");
    if (this.take("]")) return array;
    do {
      this.expect(`[${array.length}] = `);
      array.push(this.value());
    } while (this.take(", "));
    this.expect(" ]");
    return array;
  }

  #enumeration(): Labelled & Value {
    this.expect("( ");
    let label: string | null = null;
    if (!this.take("<unknown>")) {
      label = this.#string();
      // A value with several labels.
      while (this.take(", ")) this.#string();
    }
    this.expect(" : container = ");
    const value = this.#number();
    this.expect(" )");
    return { label, value };
  }

  #string(): string {
    this.expect('"');
    let result = "";
    for (let begin = this.#at;; this.#at++) {
      const unit = this.#text[this.#at];
      if (unit === undefined) this.expect('"');
      if (unit !== '"' && unit !== "\\") continue;
      result += this.#text.slice(begin, this.#at++);
      if (unit === '"') return result;
      const escape = this.#text[this.#at];
      if (escape === "x") {
        result += String.fromCharCode(parseInt(this.#text.slice(this.#at + 1, this.#at + 3), 16));
        this.#at += 2;
      } else result += ESCAPES[escape] ?? escape;
      begin = this.#at + 1;
    }
  }

  #number(): number | bigint {
    const begin = this.#at;
    while (isNumeric(this.#text.charCodeAt(this.#at))) this.#at++;
    const word = this.#text.slice(begin, this.#at);
    switch (word) {
      case "nan":
      case "-nan":
        return NaN;
      case "inf":
        return Infinity;
      case "-inf":
        return -Infinity;
    }
    const number = Number(word);
    if (/^-?\d{1,15}$/.test(word)) return number;
    if (word === "" || Number.isNaN(number)) {
      this.#at = begin;
      this.expect("a number");
    }
    const isInteger = !/[.eE]/.test(word) || word.startsWith("0x");
    return isInteger && !Number.isSafeInteger(number) ? BigInt(word) : number;
  }
}

/** Sets a property whatever it is called. */
function setOwn(object: object, name: string, value: unknown): void {
  const attributes = { enumerable: true, configurable: true, writable: true };
  Object.defineProperty(object, name, { value, ...attributes });
}

/** Letters, digits, `+`, `-` and `.`. */
function isNumeric(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39 || unit >= 0x61 && unit <= 0x7a ||
    unit >= 0x41 && unit <= 0x5a || unit === 0x2b || unit === 0x2d || unit === 0x2e;
}
