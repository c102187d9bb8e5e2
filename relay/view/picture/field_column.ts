import type { FieldClass, FieldValue, FieldValues, StructClass } from "../../ctf/mod.ts";
import { type LeafField, leafFields } from "../shown_fields.ts";
import type { Scope } from "../value_source.ts";
import { fieldText } from "./field_text.ts";
import { GrowingNumbers } from "./growing_numbers.ts";
import type { Packer } from "./pack.ts";
import { packValue } from "./packed_values.ts";
import type { PackedField } from "./picture_format.ts";

/** What all events of a class have recorded in a field: numbers, or numbers of different texts. */
export class FieldColumn {
  readonly #scope: Scope;
  readonly #field: LeafField;
  readonly #isNumber: boolean;
  readonly #textOf: (value: FieldValue) => string;
  readonly #numbers = new GrowingNumbers();
  readonly #exact: [number, string][] = [];
  readonly #texts = new Map<string, number>();

  /** The field of a structure that {@linkcode push} is given, which is the scope of an event. */
  constructor(scope: Scope, field: LeafField) {
    this.#scope = scope;
    this.#field = field;
    const { kind } = field.class;
    this.#isNumber = kind === "integer" || kind === "float";
    this.#textOf = kind === "string" ? fieldText : packValue;
  }

  /** Adds what an event has recorded. */
  push(fields: FieldValues): void {
    let value: FieldValue = fields;
    for (const name of this.#field.path) value = (value as FieldValues)[name];
    if (!this.#isNumber) this.#pushText(this.#textOf(value));
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
    const { path, isShown, class: own } = this.#field;
    return {
      scope: this.#scope,
      path,
      isShown,
      base: baseOf(own),
      numbers: isNumber ? packer.numbers(values) : null,
      exact: this.#exact,
      texts: isNumber ? null : packer.texts(this.#texts.keys(), values),
      isText: own.kind === "string",
    };
  }

  #pushText(text: string): void {
    let index = this.#texts.get(text);
    if (index === undefined) this.#texts.set(text, index = this.#texts.size);
    this.#numbers.push(index);
  }
}

/** In which base the integers of a field are shown. */
function baseOf(one: FieldClass): PackedField["base"] {
  switch (one.kind) {
    case "integer":
      return one.base;
    case "enumeration":
      return one.container.base;
    case "array":
    case "sequence":
      return baseOf(one.element);
    default:
      return 10;
  }
}

/** A column for each field of a structure, which is the scope of an event. */
export function columnsOf(scope: Scope, structClass: StructClass): FieldColumn[] {
  return leafFields(structClass).map((field) => new FieldColumn(scope, field));
}
