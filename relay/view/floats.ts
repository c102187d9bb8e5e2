/** Digits that C shows of a floating-point number. */
const DIGITS = 6;

/**
 * Six digits of a floating-point number as C's `%g` shows them, which rounds what lies in the middle to
 * the even digit. A NaN has no sign here: JavaScript does not keep it.
 */
export function floatText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) {
    return Object.is(value, -0) ? "-0" : String(value);
  }
  if (Number.isNaN(value)) return "nan";
  const sign = value < 0 ? "-" : "";
  const size = Math.abs(value);
  if (size === Infinity) return `${sign}inf`;
  const [mantissa, exponentText] = rounded(size).split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < DIGITS) {
    const fixed = Number(`${mantissa}e${exponent}`).toFixed(DIGITS - 1 - exponent);
    return sign + withoutZeros(fixed);
  }
  const power = String(Math.abs(exponent)).padStart(2, "0");
  return `${sign}${withoutZeros(mantissa)}e${exponent < 0 ? "-" : "+"}${power}`;
}

/** Six digits and the power of ten. */
function rounded(size: number): string {
  const seven = size.toExponential(DIGITS);
  const [digits, exponent] = seven.split("e");
  // JavaScript rounds up what lies in the middle. No number that does has more digits than these.
  const isMiddle = digits.endsWith("5") && size.toExponential(60) === exactly(digits, exponent);
  const isEven = "02468".includes(digits.at(-2)!);
  return isMiddle && isEven ? `${digits.slice(0, -1)}e${exponent}` : size.toExponential(DIGITS - 1);
}

function exactly(digits: string, exponent: string): string {
  return `${digits.padEnd(62, "0")}e${exponent}`;
}

function withoutZeros(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}
