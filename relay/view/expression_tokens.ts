import { COUNT_UNITS, inUnits, TIME_UNITS } from "./units.ts";

/** A piece of an expression, and where it begins. */
export interface Token {
  /** What it is. */
  readonly kind: "number" | "text" | "word" | "sign" | "end";
  /** As it is written, of a text without the quotes and escapes. */
  readonly text: string;
  /** Its value, of a number. */
  readonly number: number | bigint;
  /** Characters before it. */
  readonly at: number;
}

/** What is wrong with an expression, and where. */
export class ExpressionError extends Error {
  /** What the class is called. */
  override name = "ExpressionError";
  /** What it is. */
  readonly problem: string;
  /** Characters before the place. */
  readonly at: number;

  /** With a second line that shows the expression, and a third that points at the place. */
  constructor(problem: string, expression: string, at: number) {
    super(
      `Cannot understand the expression: ${problem}\n  ${expression}\n  ${" ".repeat(at)}^`,
    );
    this.problem = problem;
    this.at = at;
  }
}

/** A number with its unit. */
const NUMBER = /^-?(0[xX][0-9a-fA-F]+|\d+(\.\d+)?([eE][+-]?\d+)?)([A-Za-z\u00b5\u03bc]*)/;
const UNITS = { ...TIME_UNITS, ...COUNT_UNITS };

const SIGNS = ["&&", "||", "==", "!=", "<=", ">=", "=~", "<", ">", "!", "(", ")", ".", "[", "]"];

/** Divides an expression into its pieces, the last of which is its end. */
export function tokens(expression: string): Token[] {
  const result: Token[] = [];
  for (let at = 0;;) {
    at += /^\s*/.exec(expression.slice(at))![0].length;
    const token = tokenAt(expression, at);
    result.push(token.token);
    if (token.token.kind === "end") return result;
    at = token.next;
  }
}

function tokenAt(expression: string, at: number): { token: Token; next: number } {
  const rest = expression.slice(at);
  const made = (
    kind: Token["kind"],
    length: number,
    text: string,
    number: number | bigint = 0,
  ) => ({
    token: { kind, text, number, at },
    next: at + length,
  });
  if (rest === "") return made("end", 0, "");
  const word = /^[A-Za-z_][A-Za-z0-9_]*/.exec(rest);
  if (word !== null) return made("word", word[0].length, word[0]);
  const number = NUMBER.exec(rest);
  if (number !== null) {
    const value = numberOf(number);
    if (value === null) {
      throw new ExpressionError(`there is no unit "${number[4]}"`, expression, at);
    }
    return made("number", number[0].length, number[0], value);
  }
  if (rest[0] === '"' || rest[0] === "'") {
    const text = /^"((?:[^"\\]|\\.)*)"|^'((?:[^'\\]|\\.)*)'/s.exec(rest);
    if (text === null) throw new ExpressionError(`the text has no end`, expression, at);
    return made("text", text[0].length, (text[1] ?? text[2]).replace(/\\(.)/gs, "$1"));
  }
  const sign = SIGNS.find((one) => rest.startsWith(one));
  if (sign !== undefined) return made("sign", sign.length, sign);
  const [character] = rest;
  throw new ExpressionError(`"${character}" means nothing`, expression, at);
}

/** The number that a text is as a whole; `null` if it is none. */
export function numberIn(text: string): number | bigint | null {
  const number = NUMBER.exec(text);
  return number === null || number[0] !== text ? null : numberOf(number);
}

/** The number that was found; `null` for a unit that there is not. */
function numberOf([whole, digits, , , unit]: RegExpExecArray): number | bigint | null {
  const isNegative = whole.startsWith("-");
  const value = unit === "" ? Number(digits) : inUnits(digits, unit, UNITS);
  if (value === null) return null;
  // Without a unit it may be a number that none of JavaScript's is equal to.
  if (unit === "" && /^(0[xX][0-9a-fA-F]+|\d+)$/.test(digits) && !Number.isSafeInteger(value)) {
    return isNegative ? -BigInt(digits) : BigInt(digits);
  }
  return isNegative ? -value : value;
}
