import type {
  EnumClass,
  EnumValue,
  FieldClass,
  FieldValue,
  FieldValues,
  StructClass,
} from "../ctf/mod.ts";
import type { Base } from "./based_number.ts";
import { type ValueStyle, valueWriter } from "./value_text.ts";

/** How values are written whose class is known. */
export interface ClassStyle extends ValueStyle {
  /** An integer that people are shown in a base other than 10. */
  readonly based: (value: number | bigint, base: Base) => string;
  /** The label of a `bool`. */
  readonly truth: (label: string) => string;
  /** Names of the fields of a structure that are written. */
  readonly shown: (one: StructClass) => readonly string[];
}

/** Makes the text of a value. */
export type ValueText = (value: FieldValue) => string;

/** Makes what writes the values of a class: made once a class, called once a value. */
export function classWriter(style: ClassStyle): (one: FieldClass) => ValueText {
  const plain: ValueText = valueWriter(style);
  const { based, truth, shown, list, struct, name } = style;

  function structText(one: StructClass): ValueText {
    const names = shown(one);
    const [begin, between, end] = struct;
    if (names.length === 0) return () => begin + end;
    const classes = new Map(one.members.map((member) => [member.name, member.class]));
    const texts = names.map((name) => writerOf(classes.get(name)!));
    const heads = names.map((one, i) => (i === 0 ? begin : between) + name(one));
    return (value) => {
      const fields = value as FieldValues;
      let text = "";
      for (let i = 0; i < names.length; i++) text += heads[i] + texts[i](fields[names[i]]);
      return text + end;
    };
  }

  function enumText(one: EnumClass): ValueText {
    const number = writerOf(one.container);
    const isTruth = isBool(one);
    if (number === plain && !isTruth) return plain;
    return (value) => {
      const { labels, value: own } = value as EnumValue;
      if (labels.length === 0) return number(own);
      return isTruth ? truth(labels[0]) : plain(value);
    };
  }

  function writerOf(one: FieldClass): ValueText {
    switch (one.kind) {
      case "integer": {
        const { base } = one;
        return base === 10 ? plain : (value) => based(value as number | bigint, base);
      }
      case "enumeration":
        return enumText(one);
      case "struct":
        return structText(one);
      case "variant": {
        const texts = new Map(one.options.map((option) => [option.name, writerOf(option.class)]));
        if (texts.values().every((text) => text === plain)) return plain;
        return (value) => {
          const [[option, chosen]] = Object.entries(value as FieldValues);
          return struct[0] + name(option) + texts.get(option)!(chosen) + struct[2];
        };
      }
      case "array":
      case "sequence": {
        const element = writerOf(one.element);
        if (element === plain) return plain;
        return (value) => {
          // An array of characters is text.
          if (!Array.isArray(value)) return plain(value);
          return list[0] + value.map((each) => element(each)).join(list[1]) + list[2];
        };
      }
      default:
        return plain;
    }
  }

  return writerOf;
}

/** Whether an enumeration is what `bool` of this module declares. */
function isBool({ container, mappings }: EnumClass): boolean {
  if (container.size !== 8 || container.signed || mappings.length !== 2) return false;
  return ["false", "true"].every((label, i) => {
    const { label: own, first, last } = mappings[i];
    return own === label && first === BigInt(i) && last === BigInt(i);
  });
}
