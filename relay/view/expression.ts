import type { FieldValue } from "../ctf/reader/trace_event.ts";
import { type Answer, comparison, COMPARISONS } from "./comparisons.ts";
import { ExpressionError, type Token, tokens } from "./expression_tokens.ts";
import { TextSearch } from "./text_search.ts";
import type { Path, Step, ValueSource } from "./value_source.ts";

/** Comparisons that there may be: each costs a few frames of the stack when an event is looked at. */
const MAX_COMPARISONS = 1000;
/** Characters of a long expression that an error shows. */
const MAX_SHOWN = 60;

/** How deep parentheses and negations may be nested: each costs a few frames of the stack. */
const MAX_DEPTH = 500;

/** What an expression says of an event; `null` where that is neither yes nor no, whatever the event. */
type Condition<E> = ((event: E) => Answer) | null;

/** Makes a part of an expression a condition on the events of a source. */
type Part = <E>(source: ValueSource<E>) => Condition<E>;

/** Reads what stands on one side of a comparison; `null` if no event has it. */
type Operand = <E>(source: ValueSource<E>) => ((event: E) => FieldValue | undefined) | null;

/** A test of events. */
export interface Expression {
  /** What it names of them. */
  readonly paths: readonly Path[];
  /** Which of these it compares with a text. */
  readonly besideTexts: ReadonlySet<Path>;
  /** The test of a source's events. */
  testOf<E>(source: ValueSource<E>): (event: E) => boolean;
}

/**
 * Understands an expression:
 *
 *     either     = both { "||" both }
 *     both       = one { "&&" one }
 *     one        = "!" one | "(" either ")" | text | operand SIGN operand
 *     operand    = number | text | "true" | "false" | path
 *     path       = word { "." word | "[" number "]" }
 *
 * SIGN is one of {@linkcode COMPARISONS}; a path is one of a {@linkcode ValueSource}; a text alone is looked for in
 * all of an event, as {@linkcode TextSearch} does. Where an event has no such field, or values are not of a kind, a
 * comparison says neither yes nor no: such an event fits only if the rest is enough. `!` of it says neither. An
 * {@linkcode ExpressionError} for what makes no sense.
 */
export function expression(text: string): Expression {
  const parser = new Parser(text);
  const part = parser.whole();
  return {
    paths: parser.paths,
    besideTexts: parser.besideTexts,
    testOf(source) {
      const condition = part(source);
      return condition === null ? () => false : (event) => condition(event) === true;
    },
  };
}

/** A path as {@linkcode expression} has it; errors likewise. */
export function pathExpression(text: string): Path {
  return new Parser(text).wholePath();
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly paths: Path[] = [];
  readonly besideTexts = new Set<Path>();
  #at = 0;
  #depth = 0;
  #comparisons = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokens(text);
  }

  whole(): Part {
    const condition = this.#either();
    this.#expectEnd();
    return condition;
  }

  wholePath(): Path {
    if (this.#next.kind !== "word") throw this.#wrong("a field");
    const value = this.#path();
    this.#expectEnd();
    return value;
  }

  #either(): Part {
    let left = this.#both();
    while (this.#take("||")) left = joined(left, this.#both(), true);
    return left;
  }

  #both(): Part {
    let left = this.#one();
    while (this.#take("&&")) left = joined(left, this.#one(), false);
    return left;
  }

  #one(): Part {
    if (++this.#depth > MAX_DEPTH) {
      throw new ExpressionError("it is nested too deep", this.#text, this.#next.at);
    }
    try {
      if (this.#take("!")) return not(this.#one());
      if (!this.#take("(")) return this.#comparison();
      const inside = this.#either();
      if (!this.#take(")")) throw this.#wrong(`")"`);
      return inside;
    } finally {
      this.#depth--;
    }
  }

  #comparison(): Part {
    if (++this.#comparisons > MAX_COMPARISONS) {
      const shown = `${this.#text.slice(0, MAX_SHOWN)} …`;
      const why = `it has more than ${MAX_COMPARISONS} comparisons`;
      throw new ExpressionError(why, shown, MAX_SHOWN);
    }
    const { kind, text } = this.#next;
    const before = this.paths.length;
    const left = this.#operand();
    const sign = this.#next.text;
    if (this.#next.kind === "text" || !COMPARISONS.includes(sign)) {
      if (kind === "text") return found(text);
      throw this.#wrong("a comparison, == != < <= > >= =~ contains");
    }
    this.#at++;
    const isText = kind === "text" || this.#tokens[this.#at].kind === "text";
    const right = this.#operand();
    if (isText) { for (const path of this.paths.slice(before)) this.besideTexts.add(path); }
    return compared(sign, left, right);
  }

  #operand(): Operand {
    const { kind, text, number } = this.#next;
    if (kind === "word" && text !== "true" && text !== "false") {
      const path = this.#path();
      this.paths.push(path);
      return (source) => source.readerOf(path);
    }
    if (kind !== "number" && kind !== "text" && kind !== "word") {
      throw this.#wrong("a field, a number or a text");
    }
    this.#at++;
    const value = kind === "number" ? number : text;
    return () => () => value;
  }

  #path(): Path {
    const path: [string, ...Step[]] = [this.#next.text];
    this.#at++;
    for (;;) {
      if (this.#take(".")) {
        if (this.#next.kind !== "word") throw this.#wrong("a name");
        path.push(this.#next.text);
        this.#at++;
      } else if (this.#take("[")) {
        const { kind, text, number } = this.#next;
        if (kind !== "number" || !/^\d+$/.test(text)) throw this.#wrong("an index");
        path.push(Number(number));
        this.#at++;
        if (!this.#take("]")) throw this.#wrong(`"]"`);
      } else return path;
    }
  }

  get #next(): Token {
    return this.#tokens[this.#at];
  }

  #take(sign: string): boolean {
    const isNext = this.#next.kind === "sign" && this.#next.text === sign;
    if (isNext) this.#at++;
    return isNext;
  }

  #expectEnd(): void {
    if (this.#next.kind !== "end") throw this.#wrong("&& or || or the end");
  }

  #wrong(expected: string): ExpressionError {
    const { kind, text, at } = this.#next;
    const found = kind === "end" ? "it ends" : `there is "${text}"`;
    return new ExpressionError(`${found} where ${expected} is expected`, this.#text, at);
  }
}

function found(text: string): Part {
  return (source) => source.finderOf(new TextSearch(text));
}

function compared(sign: string, left: Operand, right: Operand): Part {
  return (source) => {
    const [readLeft, readRight] = [left(source), right(source)];
    if (readLeft === null || readRight === null) return null;
    const compare = comparison(sign);
    return (event) => {
      const a = readLeft(event);
      const b = readRight(event);
      return a === undefined || b === undefined ? null : compare(a, b);
    };
  };
}

function not(part: Part): Part {
  return (source) => {
    const condition = part(source);
    if (condition === null) return null;
    return (event) => {
      const answer = condition(event);
      return answer === null ? null : !answer;
    };
  };
}

/** Both of two, which is `false` if one of them is; or either of them, which is `true` if one is. */
function joined(left: Part, right: Part, decides: boolean): Part {
  return (source) => {
    const [first, second] = [left(source), right(source)];
    if (first === null && second === null) return null;
    return (event) => {
      const answer = first === null ? null : first(event);
      if (answer === decides) return decides;
      const other = second === null ? null : second(event);
      return other === decides ? decides : answer === null ? null : other;
    };
  };
}
