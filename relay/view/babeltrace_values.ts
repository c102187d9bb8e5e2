import type {
  EnumClass,
  EnumValue,
  FieldClass,
  FieldValue,
  FieldValues,
  IntegerClass,
  StructClass,
  VariantClass,
} from "../ctf/mod.ts";
import { floatText } from "./floats.ts";

/** Makes the text of a value. */
type ValueText = (value: FieldValue) => string;

/** How values of a class are shown by Babeltrace 2: made once a class, called once a value. */
function babeltraceValue(one: FieldClass): ValueText {
  switch (one.kind) {
    case "integer":
      return integerText(one);
    case "float":
      return floatText as ValueText;
    case "string":
      return quoted as ValueText;
    case "enumeration":
      return enumText(one);
    case "struct":
      return structText(one) as ValueText;
    case "variant":
      return variantText(one);
    default: {
      const element = babeltraceValue(one.element);
      return (value) => typeof value === "string" ? quoted(value) : listText(value, element);
    }
  }
}

/** Fields of a structure. */
export function structText({ members }: StructClass): (fields: FieldValues) => string {
  const count = members.length;
  if (count === 0) return () => "{ }";
  const names = members.map(({ name }) => name);
  const heads = names.map((name, i) => `${i === 0 ? "{ " : ", "}${name} = `);
  const texts = members.map((member) => babeltraceValue(member.class));
  return (fields) => {
    let text = "";
    for (let i = 0; i < count; i++) text += heads[i] + texts[i](fields[names[i]]);
    return text + " }";
  };
}

function variantText({ options }: VariantClass): ValueText {
  const texts = new Map(options.map((option) => [option.name, babeltraceValue(option.class)]));
  return (value) => {
    const [[name, chosen]] = Object.entries(value as FieldValues);
    return `{ ${texts.get(name)!(chosen)} }`;
  };
}

function listText(list: FieldValue, element: ValueText): string {
  const values = list as readonly FieldValue[];
  if (values.length === 0) return "[ ]";
  let text = "[ [0] = " + element(values[0]);
  for (let i = 1; i < values.length; i++) text += `, [${i}] = ` + element(values[i]);
  return text + " ]";
}

function enumText({ container }: EnumClass): ValueText {
  const number = integerText(container);
  return (value) => labelledText(value as EnumValue, number);
}

function labelledText({ labels, value }: EnumValue, number: ValueText): string {
  const shown = labels.length === 0 ? "<unknown>" : labels.map(quoted).join(", ");
  return `( ${shown} : container = ${number(value)} )`;
}

function integerText({ size, base }: IntegerClass): ValueText {
  switch (base) {
    case 10:
      return String as ValueText;
    case 2:
      return (value) => `0b${digits(value, size, 2).padStart(size, "0")}`;
    case 8:
      return (value) => `0${digits(value, Math.min(Math.ceil(size / 3) * 3, 64), 8)}`;
    case 16:
      return (value) => `0x${digits(value, Math.ceil(size / 4) * 4, 16).toUpperCase()}`;
  }
}

/** Digits of an integer, of a negative one those of its lowest bits. */
function digits(value: FieldValue, bits: number, base: number): string {
  const integer = value as number | bigint;
  return (integer < 0 ? BigInt.asUintN(bits, BigInt(integer)) : integer).toString(base);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\e",
};
// deno-lint-ignore no-control-regex
const ESCAPED = /[\x00-\x1f\x7f"'?\\]/;
// deno-lint-ignore no-control-regex
const ALL_ESCAPED = /[\x00-\x1f\x7f"'?\\]/g;

/** Text in quotes. */
function quoted(text: string): string {
  return ESCAPED.test(text) ? `"${text.replace(ALL_ESCAPED, escaped)}"` : `"${text}"`;
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  if (code >= 0x20 && code < 0x7f) return `\\${character}`;
  return ESCAPES[character] ?? `\\x${code.toString(16).padStart(2, "0")}`;
}
