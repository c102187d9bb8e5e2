import type { FieldClass, FieldValue, FieldValues, StructClass } from "../../ctf/mod.ts";
import { shownNames } from "../shown_fields.ts";
import { fieldText } from "./field_text.ts";
import { GrowingNumbers } from "./growing_numbers.ts";
import type { Packer } from "./pack.ts";
import type { PackedField } from "./picture_format.ts";

/** What all events of a class have recorded in a field: numbers, or numbers of different texts. */
export class FieldColumn {
  readonly #name: string;
  readonly #path: readonly string[];
  readonly #class: FieldClass;
  readonly #isNumber: boolean;
  readonly #numbers = new GrowingNumbers();
  readonly #exact: [number, string][] = [];
  readonly #texts = new Map<string, number>();

  /** The field of that name, at `path` in the structure that {@linkcode push} is given. */
  constructor(name: string, path: readonly string[], fieldClass: FieldClass) {
    this.#name = name;
    this.#path = path;
    this.#class = fieldClass;
    this.#isNumber = fieldClass.kind === "integer" || fieldClass.kind === "float";
  }

  /** Adds what an event has recorded. */
  push(fields: FieldValues): void {
    let value: FieldValue = fields;
    for (const name of this.#path) value = (value as FieldValues)[name];
    if (!this.#isNumber) this.#pushText(fieldText(value));
    else {
      const number = Number(value);
      if (typeof value === "bigint" && BigInt(number) !== value) {
        this.#exact.push([this.#numbers.length, String(value)]);
      }
      this.#numbers.push(number);
    }
  }

  /** All of them, at the end. */
  pack(packer: Packer): PackedField {
    const isNumber = this.#isNumber;
    const { values } = this.#numbers;
    return {
      name: this.#name,
      base: this.#class.kind === "integer" ? this.#class.base : 10,
      numbers: isNumber ? packer.numbers(values) : null,
      exact: this.#exact,
      texts: isNumber ? null : packer.texts(this.#texts.keys(), values),
    };
  }

  #pushText(text: string): void {
    let index = this.#texts.get(text);
    if (index === undefined) this.#texts.set(text, index = this.#texts.size);
    this.#numbers.push(index);
  }
}

/** A column for each field of a structure that says something; those of structures in it stand for themselves. */
export function columnsOf(
  structClass: StructClass,
  prefix: string = "",
  path: readonly string[] = [],
): FieldColumn[] {
  const shown = new Set(shownNames(structClass));
  return structClass.members.filter(({ name }) => shown.has(name)).flatMap((member) => {
    const [name, at] = [`${prefix}${member.name}`, [...path, member.name]];
    return member.class.kind === "struct"
      ? columnsOf(member.class, `${name}.`, at)
      : [new FieldColumn(name, at, member.class)];
  });
}
