import type { FieldClass, StructClass } from "../ctf/mod.ts";

/** A field that is no structure, wherever in a structure it is. */
export interface LeafField {
  /** Names of the structures it is in, and its own. */
  readonly path: readonly string[];
  /** What it is. */
  readonly class: FieldClass;
  /** Whether it says something: see {@linkcode shownNames}. */
  readonly isShown: boolean;
}

/** Fields of a structure that say something: not the lengths of sequences, which the sequences show. */
export function shownNames({ members }: StructClass): readonly string[] {
  const lengths = new Set(members.map((member) => lengthName(member.class)));
  return members.map(({ name }) => name).filter((name) => !lengths.has(name));
}

/** All fields of a structure in order, of those that are structures theirs. */
export function leafFields(structClass: StructClass): LeafField[] {
  const shown = new Set(shownNames(structClass));
  return structClass.members.flatMap(({ name, class: own }) =>
    own.kind === "struct"
      ? leafFields(own).map((leaf) => ({ ...leaf, path: [name, ...leaf.path] }))
      : [{ path: [name], class: own, isShown: shown.has(name) }]
  );
}

/** Name of the field that is the length of a sequence, or of sequences in it. */
function lengthName(one: FieldClass): string | undefined {
  return one.kind === "sequence" ? one.length.names.at(-1) : undefined;
}
