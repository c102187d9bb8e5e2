import type { FieldClass, StructClass } from "../ctf/mod.ts";

/** Fields of a structure that say something: not the lengths of sequences, which the sequences show. */
export function shownNames({ members }: StructClass): readonly string[] {
  const lengths = new Set(members.map((member) => lengthName(member.class)));
  return members.map(({ name }) => name).filter((name) => !lengths.has(name));
}

/** Name of the field that is the length of a sequence, or of sequences in it. */
function lengthName(one: FieldClass): string | undefined {
  return one.kind === "sequence" ? one.length.names.at(-1) : undefined;
}
