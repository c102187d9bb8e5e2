import { EnumValue, type FieldValue } from "../ctf/mod.ts";
import { glob } from "../trace/glob.ts";

/** Yes, no, or `null`: it cannot be said of these values. */
export type Answer = boolean | null;

/** Compares two values. */
export type Comparison = (left: FieldValue, right: FieldValue) => Answer;

type Plain = number | bigint | string;

/** What two plain values of one kind have to be for the sign. */
const ORDERS: Readonly<Record<string, (left: Plain, right: Plain) => boolean>> = {
  // A number and a bigint of the same value are equal, but not the same.
  // deno-lint-ignore eqeqeq
  "==": (left, right) => left == right,
  // deno-lint-ignore eqeqeq
  "!=": (left, right) => left != right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
};

/** Signs that compare. */
export const COMPARISONS: readonly string[] = [...Object.keys(ORDERS), "=~", "contains"];

/**
 * What a sign, one of {@linkcode COMPARISONS}, asks of two values. A value of an enumeration is compared
 * with text by its labels, one of which has to fit, and with numbers by its number. Text and numbers are
 * not compared: that answers `null`, as do structures.
 */
export function comparison(sign: string): Comparison {
  if (sign === "=~") return matcher();
  if (sign === "contains") return contains;
  const order = ORDERS[sign];
  return (left, right) => ordered(order, left, right, sign === "!=");
}

function ordered(
  order: (left: Plain, right: Plain) => boolean,
  left: FieldValue,
  right: FieldValue,
  isEvery: boolean,
): Answer {
  if (left instanceof EnumValue && typeof right === "string") {
    const fits = (label: string): boolean => order(label, right);
    return isEvery ? left.labels.every(fits) : left.labels.some(fits);
  }
  if (right instanceof EnumValue && typeof left === "string") {
    const fits = (label: string): boolean => order(left, label);
    return isEvery ? right.labels.every(fits) : right.labels.some(fits);
  }
  const [a, b] = [plain(left), plain(right)];
  if (a === null || b === null || (typeof a === "string") !== (typeof b === "string")) return null;
  return order(a, b);
}

function plain(value: FieldValue): Plain | null {
  if (value instanceof EnumValue) return value.value;
  return typeof value === "object" ? null : value;
}

/** Whether text fits a pattern, the last of which is remembered: it is mostly always the same. */
function matcher(): Comparison {
  let pattern = "";
  let fits = glob(pattern);
  return (left, right) => {
    if (typeof right !== "string") return null;
    if (right !== pattern) {
      pattern = right;
      fits = glob(right);
    }
    const texts = textsOf(left);
    return texts === null ? null : texts.some(fits);
  };
}

/** Whether a text is part of another one, or a value is an element of a list. */
function contains(left: FieldValue, right: FieldValue): Answer {
  if (Array.isArray(left)) {
    if (plain(right) === null) return null;
    return left.some((one: FieldValue) => ordered(ORDERS["=="], one, right, false) === true);
  }
  const texts = textsOf(left);
  if (texts === null || typeof right !== "string") return null;
  return texts.some((text) => text.includes(right));
}

function textsOf(value: FieldValue): readonly string[] | null {
  if (value instanceof EnumValue) return value.labels;
  return typeof value === "string" ? [value] : null;
}
