import type { FieldClass, FieldPath, StructClass } from "./field_class.ts";

/** Fields that lengths of sequences and options of variants depend on, with a number each. */
export class FieldRefs {
  readonly #indexes = new Map<string, number>();
  readonly #around = new Set<string>();

  /** How many there are. */
  get size(): number {
    return this.#indexes.size;
  }

  /** Adds those that the fields of a scope depend on. */
  add(struct: StructClass | null): void {
    if (struct !== null) this.#addOf(struct);
  }

  /** Number of the field with a key, if anything depends on it. */
  index(key: string): number | undefined {
    return this.#indexes.get(key);
  }

  /** Number of a field that something depends on. */
  indexOf(path: FieldPath): number {
    return this.#indexes.get(pathKey(path))!;
  }

  /** Whether there is any in what has such a key. */
  isInside(key: string): boolean {
    return this.#around.has(key);
  }

  #addOf(field: FieldClass): void {
    switch (field.kind) {
      case "struct":
        for (const member of field.members) this.#addOf(member.class);
        return;
      case "variant":
        this.#addPath(field.tag);
        for (const option of field.options) this.#addOf(option.class);
        return;
      case "sequence":
        this.#addPath(field.length);
        return this.#addOf(field.element);
      case "array":
        return this.#addOf(field.element);
    }
  }

  #addPath(path: FieldPath): void {
    const key = pathKey(path);
    if (this.#indexes.has(key)) return;
    this.#indexes.set(key, this.#indexes.size);
    let around: string = path.scope;
    this.#around.add(around);
    for (const name of path.names) this.#around.add(around += `/${name}`);
  }
}

/** Tells a field from all others. */
function pathKey({ scope, names }: FieldPath): string {
  return [scope, ...names].join("/");
}
