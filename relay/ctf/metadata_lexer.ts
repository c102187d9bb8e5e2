import type { MetadataText } from "./metadata_text.ts";

/** What a word of TSDL is. */
export type TokenKind = "name" | "number" | "string" | "mark" | "end";

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+/y;
const SUFFIX = /[uUlL]{0,3}/y;
const SPACE = /[ \t\r\n\v\f]*/y;
const MARK = /\.\.\.|:=|[{}[\]()<>;:=,.*+-]/y;
const ESCAPE = /\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]))/g;
const ESCAPED: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  e: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Goes through TSDL, the language of metadata, word by word. */
export class MetadataLexer {
  /** Of the word it is at. */
  kind: TokenKind = "end";
  /** The word; a string's is what it means. */
  text: string = "";
  /** What a number is. */
  value: bigint = 0n;
  /** Where the word begins. */
  at: number = 0;
  readonly #source: MetadataText;
  readonly #text: string;
  #end = 0;

  /** Is at the first word. A `CtfError` for what is no word, here and later. */
  constructor(source: MetadataText) {
    this.#source = source;
    this.#text = source.text;
    this.next();
  }

  /** Goes to the next word; gives the text of the one before. */
  next(): string {
    const before = this.text;
    this.at = this.#skipSpace(this.#end);
    if (this.at === this.#text.length) {
      this.kind = "end";
      this.text = "";
    } else if (this.#take(NAME)) this.kind = "name";
    else if (this.#take(MARK)) this.kind = "mark";
    else if (this.#take(NUMBER)) this.#number();
    else if (this.#text[this.at] === '"') this.#string();
    else throw this.error(`"${this.#text[this.at]}" is unknown`);
    return before;
  }

  /** An error about the word it is at, or about another place. */
  error(message: string, at: number = this.at): Error {
    return this.#source.error(message, at);
  }

  /** Where the next word begins, behind white space and comments. */
  #skipSpace(from: number): number {
    for (let at = from;;) {
      SPACE.lastIndex = at;
      at += SPACE.exec(this.#text)![0].length;
      const isLong = this.#text.startsWith("/*", at);
      if (!isLong && !this.#text.startsWith("//", at)) return at;
      const end = this.#text.indexOf(isLong ? "*/" : "\n", at + 2);
      if (end < 0 && isLong) throw this.error("a comment has no end", at);
      at = end < 0 ? this.#text.length : end + (isLong ? 2 : 1);
    }
  }

  #take(word: RegExp): boolean {
    word.lastIndex = this.at;
    const found = word.exec(this.#text);
    if (found === null) return false;
    this.text = found[0];
    this.#end = this.at + this.text.length;
    return true;
  }

  #number(): void {
    this.kind = "number";
    // A limit on their length keeps the conversion, which is quadratic, from being long.
    if (this.text.length > 200) throw this.error("a number is too long");
    const isOctal = /^0[0-9]/.test(this.text);
    if (isOctal && /[89]/.test(this.text)) throw this.error(`${this.text} is no octal number`);
    this.value = BigInt(isOctal ? `0o${this.text.slice(1)}` : this.text);
    SUFFIX.lastIndex = this.#end;
    this.#end += SUFFIX.exec(this.#text)![0].length;
  }

  #string(): void {
    this.kind = "string";
    const begin = this.at + 1;
    for (let end = begin;; end++) {
      const unit = this.#text.charCodeAt(end);
      if (end >= this.#text.length || unit === 10) throw this.error("a string has no end");
      if (unit === 92) end++;
      else if (unit === 34) {
        this.#end = end + 1;
        this.text = unescaped(this.#text.slice(begin, end));
        return;
      }
    }
  }
}

/** What text between quotes means. Numbers are those of bytes, several of them make a character. */
function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  let hasBytes = false;
  const result = text.replace(ESCAPE, (_, hex, octal, short, long, one) => {
    if (one !== undefined) return ESCAPED[one] ?? one;
    const code = octal !== undefined ? parseInt(octal, 8) : parseInt(hex ?? short ?? long, 16);
    const isByte = short === undefined && long === undefined;
    hasBytes ||= isByte && code > 0x7f;
    return code > 0x10ffff ? "\ufffd" : String.fromCodePoint(isByte ? code & 0xff : code);
  });
  // deno-lint-ignore no-control-regex
  if (!hasBytes || /[^\x00-\xff]/.test(result)) return result;
  return new TextDecoder().decode(Uint8Array.from(result, (unit) => unit.charCodeAt(0)));
}
