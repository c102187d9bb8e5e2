import type { TraceEvent } from "../ctf/mod.ts";
import { type Answer, comparison, COMPARISONS } from "./comparisons.ts";
import { type EventValue, eventValue, type Step } from "./event_values.ts";
import { ExpressionError, type Token, tokens } from "./expression_tokens.ts";

/** Comparisons that there may be: each costs a few frames of the stack when an event is looked at. */
const MAX_COMPARISONS = 1000;
/** Characters of a long expression that an error shows. */
const MAX_SHOWN = 60;

/** What an expression says of an event. */
type Condition = (event: TraceEvent) => Answer;

/** How deep parentheses and negations may be nested: each costs a few frames of the stack. */
const MAX_DEPTH = 500;

/**
 * Makes a test of events of an expression:
 *
 *     either     = both { "||" both }
 *     both       = one { "&&" one }
 *     one        = "!" one | "(" either ")" | operand SIGN operand
 *     operand    = number | text | "true" | "false" | path
 *     path       = word { "." word | "[" number "]" }
 *
 * SIGN is one of {@linkcode COMPARISONS}; a path is one of {@linkcode eventValue}. Where an event has no
 * such field, or values are not of a kind, a comparison says neither yes nor no: such an event fits only
 * if the rest is enough. `!` of it says neither. An {@linkcode ExpressionError} for what makes no sense.
 */
export function expression(text: string): (event: TraceEvent) => boolean {
  const condition = new Parser(text).whole();
  return (event) => condition(event) === true;
}

/** A path as {@linkcode expression} has it; errors likewise. */
export function pathExpression(text: string): EventValue {
  return new Parser(text).wholePath();
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #comparisons = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokens(text);
  }

  whole(): Condition {
    const condition = this.#either();
    this.#expectEnd();
    return condition;
  }

  wholePath(): EventValue {
    if (this.#next.kind !== "word") throw this.#wrong("a field");
    const value = this.#path();
    this.#expectEnd();
    return value;
  }

  #either(): Condition {
    let left = this.#both();
    while (this.#take("||")) left = either(left, this.#both());
    return left;
  }

  #both(): Condition {
    let left = this.#one();
    while (this.#take("&&")) left = both(left, this.#one());
    return left;
  }

  #one(): Condition {
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

  #comparison(): Condition {
    if (++this.#comparisons > MAX_COMPARISONS) {
      const shown = `${this.#text.slice(0, MAX_SHOWN)} …`;
      const why = `it has more than ${MAX_COMPARISONS} comparisons`;
      throw new ExpressionError(why, shown, MAX_SHOWN);
    }
    const left = this.#operand();
    const sign = this.#next.text;
    if (this.#next.kind === "text" || !COMPARISONS.includes(sign)) {
      throw this.#wrong("a comparison, == != < <= > >= =~ contains");
    }
    this.#at++;
    const right = this.#operand();
    const compare = comparison(sign);
    return (event) => {
      const a = left(event);
      const b = right(event);
      return a === undefined || b === undefined ? null : compare(a, b);
    };
  }

  #operand(): EventValue {
    const { kind, text, number } = this.#next;
    if (kind === "word" && text !== "true" && text !== "false") return this.#path();
    if (kind !== "number" && kind !== "text" && kind !== "word") {
      throw this.#wrong("a field, a number or a text");
    }
    this.#at++;
    return kind === "number" ? () => number : () => text;
  }

  #path(): EventValue {
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
      } else return eventValue(path);
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

function not(condition: Condition): Condition {
  return (event) => {
    const answer = condition(event);
    return answer === null ? null : !answer;
  };
}

function both(left: Condition, right: Condition): Condition {
  return (event) => {
    const answer = left(event);
    if (answer === false) return false;
    const other = right(event);
    return other === false ? false : answer === null ? null : other;
  };
}

function either(left: Condition, right: Condition): Condition {
  return (event) => {
    const answer = left(event);
    if (answer === true) return true;
    const other = right(event);
    return other === true ? true : answer === null ? null : other;
  };
}
