import type { DeclaredType } from "./declared_type.ts";

/** Names of types that are known between two braces, and what is known around them. */
export class TypeScope {
  /** Around it; `null` for the outermost one. */
  readonly outer: TypeScope | null;
  /** Most have none. */
  #types: Map<string, DeclaredType> | null = null;

  /** Nothing is known in it yet. */
  constructor(outer: TypeScope | null) {
    this.outer = outer;
  }

  /** Makes a name known; says whether it was not, here. Names of structs are `struct NAME` and so on. */
  declare(name: string, type: DeclaredType): boolean {
    this.#types ??= new Map();
    if (this.#types.has(name)) return false;
    this.#types.set(name, type);
    return true;
  }

  /** What has the name. */
  find(name: string): DeclaredType | null {
    return this.#types?.get(name) ?? this.outer?.find(name) ?? null;
  }
}
