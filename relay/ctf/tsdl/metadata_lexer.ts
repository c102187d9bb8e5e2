import type { MetadataText } from "./metadata_text.ts";

/** What a word of TSDL is. */
export type TokenKind = "name" | "number" | "string" | "mark" | "end";

const NUMBER = /0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+/y;
const SUFFIX = /[uUlL]{0,3}/y;
const MARKS = "{}[]()<>;:=,.*+-";

/** What a character can be of, by its code: regular expressions would take several times as long. */
const [SPACE, LETTER, DIGIT, MARK] = [1, 2, 4, 8];
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[ \t\r\n\v\f]/.test(character)) return SPACE;
  if (/[A-Za-z_]/.test(character)) return LETTER;
  if (/[0-9]/.test(character)) return DIGIT;
  return MARKS.includes(character) ? MARK : 0;
});
const MARK_TEXTS = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
/** Bytes that follow each other may make one character. */
const ESCAPE =
  /((?:\\(?:x[0-9a-fA-F]{1,2}|[0-7]{1,3})){1,4096})|\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]))/g;
const ESCAPED_BYTE = /\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3}))/g;
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
  /** Where the word before it ends. */
  endBefore: number = 0;
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
    this.endBefore = this.#end;
    this.at = this.#skipSpace(this.#end);
    const code = this.#text.charCodeAt(this.at);
    const kind = KINDS[code];
    if (kind === LETTER) this.#name();
    else if (kind === MARK) this.#mark(code);
    else if (kind === DIGIT) this.#number();
    else if (code === 34) this.#string();
    else if (this.at === this.#text.length) {
      this.kind = "end";
      this.text = "";
    } else throw this.error(`"${this.#text[this.at]}" is unknown`);
    return before;
  }

  /** The text from the word it is at up to the next `until`, that included. */
  upTo(until: string): string {
    return this.#text.slice(this.at, this.#text.indexOf(until, this.at) + until.length);
  }

  /** Goes to the word behind so many characters. */
  skip(length: number): void {
    this.#end = this.at + length;
    this.next();
  }

  /** An error about the word it is at, or about another place. */
  error(message: string, at: number = this.at): Error {
    return this.#source.error(message, at);
  }

  /** Where the next word begins, behind white space and comments. */
  #skipSpace(from: number): number {
    for (let at = from;;) {
      while (KINDS[this.#text.charCodeAt(at)] === SPACE) at++;
      if (this.#text.charCodeAt(at) !== 47) return at;
      const isLong = this.#text.startsWith("/*", at);
      if (!isLong && !this.#text.startsWith("//", at)) return at;
      const end = this.#text.indexOf(isLong ? "*/" : "\n", at + 2);
      if (end < 0 && isLong) throw this.error("a comment has no end", at);
      at = end < 0 ? this.#text.length : end + (isLong ? 2 : 1);
    }
  }

  #name(): void {
    this.kind = "name";
    let end = this.at + 1;
    while ((KINDS[this.#text.charCodeAt(end)] & (LETTER | DIGIT)) !== 0) end++;
    this.text = this.#text.slice(this.at, end);
    this.#end = end;
  }

  #mark(code: number): void {
    this.kind = "mark";
    this.text = MARK_TEXTS[code];
    if (code === 46 && this.#text.startsWith("...", this.at)) this.text = "...";
    else if (code === 58 && this.#text.charCodeAt(this.at + 1) === 61) this.text = ":=";
    this.#end = this.at + this.text.length;
  }

  #number(): void {
    this.kind = "number";
    NUMBER.lastIndex = this.at;
    this.text = NUMBER.exec(this.#text)![0];
    this.#end = this.at + this.text.length;
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

/** What text between quotes means. */
function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(ESCAPE, (_, bytes, short, long, one) => {
    if (bytes !== undefined) return bytesText(bytes);
    if (one !== undefined) return ESCAPED[one] ?? one;
    const code = parseInt(short ?? long, 16);
    return code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code);
  });
}

function bytesText(escapes: string): string {
  const codes = Array.from(escapes.matchAll(ESCAPED_BYTE), ([, hex, octal]) => {
    return hex === undefined ? parseInt(octal, 8) : parseInt(hex, 16);
  });
  return new TextDecoder().decode(Uint8Array.from(codes));
}
