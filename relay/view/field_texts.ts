import type { FieldClass, StructClass } from "../ctf/mod.ts";
import { basedNumber } from "./based_number.ts";
import { classWriter, type ValueText } from "./class_text.ts";
import { PLAIN_VALUES } from "./plain_values.ts";
import { shownNames } from "./shown_fields.ts";

/** A field that people are shown. */
export interface ShownField {
  /** Its name. */
  readonly name: string;
  /** Makes the text of its values. */
  readonly text: ValueText;
}

/** Makes what writes values of a class for people, integers in their base. */
const plainWriter: (one: FieldClass) => ValueText = classWriter({
  ...PLAIN_VALUES,
  based: basedNumber,
  truth: PLAIN_VALUES.label,
  shown: ({ members }) => members.map(({ name }) => name),
});

/** The fields of a structure that people are shown, in order; none without one. */
export function shownFields(one: StructClass | null): ShownField[] {
  if (one === null) return [];
  const names = new Set(shownNames(one));
  return one.members.filter(({ name }) => names.has(name))
    .map((member) => ({ name: member.name, text: plainWriter(member.class) }));
}
