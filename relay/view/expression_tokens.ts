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
  /** Characters before the place. */
  readonly at: number;

  /** With a second line that shows the expression, and a third that points at the place. */
  constructor(problem: string, expression: string, at: number) {
    super(
      `Cannot understand the expression: ${problem}\n  ${expression}\n  ${" ".repeat(at)}^`,
    );
    this.at = at;
  }
}

/** What a number is multiplied by for its unit: times become nanoseconds. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  min: 60e9,
  h: 3600e9,
  k: 1e3,
  M: 1e6,
  G: 1e9,
};

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
  const number = /^-?(0[xX][0-9a-fA-F]+|\d+(\.\d+)?([eE][+-]?\d+)?)([A-Za-z\u00b5\u03bc]*)/.exec(
    rest,
  );
  if (number !== null) {
    const [whole, digits, , , unit] = number;
    const value = numberOf(digits, unit, whole.startsWith("-"));
    if (value === null) throw new ExpressionError(`there is no unit "${unit}"`, expression, at);
    return made("number", whole.length, whole, value);
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

/** The number, `null` for a unit that there is not. */
function numberOf(digits: string, unit: string, isNegative: boolean): number | bigint | null {
  if (unit !== "" && !Object.hasOwn(UNITS, unit)) return null;
  const value = Number(digits) * (unit === "" ? 1 : UNITS[unit]);
  // Without a unit it may be a number that none of JavaScript's is equal to.
  if (unit === "" && /^(0[xX][0-9a-fA-F]+|\d+)$/.test(digits) && !Number.isSafeInteger(value)) {
    return isNegative ? -BigInt(digits) : BigInt(digits);
  }
  const rounded = Math.abs(value - Math.round(value)) < 1e-6 ? Math.round(value) : value;
  const exact = unit === "" ? value : rounded;
  return isNegative ? -exact : exact;
}
