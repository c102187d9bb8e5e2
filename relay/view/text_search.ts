import { EnumValue, type FieldValue } from "../ctf/reader/trace_event.ts";
import { numberIn } from "./expression_tokens.ts";

/** Answers that are kept … */
const MAX_KNOWN = 65_536;
/** … of texts that have no more characters: long ones would fill memory. */
const MAX_KNOWN_LENGTH = 256;

/** Looks for a text in what was recorded: as a part of texts and labels, in upper or lower case; as a number. */
export class TextSearch {
  /** The number that the text is; `null` if it is none, and none has to be looked at. */
  readonly number: number | bigint | null;
  readonly #lower: string;
  /** Texts come again, and then they need not be looked through. */
  readonly #known = new Map<string, boolean>();

  /** Looks for `text`. */
  constructor(text: string) {
    this.number = numberIn(text);
    this.#lower = text.toLowerCase();
  }

  /** Whether it is in a value, or in what that holds. */
  isIn(value: FieldValue): boolean {
    if (typeof value === "string") return this.#isInText(value);
    if (typeof value !== "object") {
      // A number and a bigint of the same value are equal, but not the same.
      // deno-lint-ignore eqeqeq
      return this.number !== null && value == this.number;
    }
    if (value instanceof EnumValue) {
      return value.labels.some((label) => this.#isInText(label)) || this.isIn(value.value);
    }
    return Object.values(value).some((one) => this.isIn(one));
  }

  #isInText(text: string): boolean {
    if (text.length > MAX_KNOWN_LENGTH) return this.#looksIn(text);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size === MAX_KNOWN) this.#known.clear();
    const isIn = this.#looksIn(text);
    this.#known.set(text, isIn);
    return isIn;
  }

  #looksIn(text: string): boolean {
    return text.toLowerCase().includes(this.#lower);
  }
}
