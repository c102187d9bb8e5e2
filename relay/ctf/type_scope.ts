import type { DeclaredType } from "./declared_type.ts";

/** Names of types that are known between two braces, and what is known around them. */
export class TypeScope {
  /** Around it; `null` for the outermost one. */
  readonly outer: TypeScope | null;
  readonly #types = new Map<string, DeclaredType>();

  /** Nothing is known in it yet. */
  constructor(outer: TypeScope | null) {
    this.outer = outer;
  }

  /** Makes a name known; says whether it was not, here. Names of structs are `struct NAME` and so on. */
  declare(name: string, type: DeclaredType): boolean {
    if (this.#types.has(name)) return false;
    this.#types.set(name, type);
    return true;
  }

  /** What has the name. */
  find(name: string): DeclaredType | null {
    for (let scope: TypeScope | null = this; scope !== null; scope = scope.outer) {
      const type = scope.#types.get(name);
      if (type !== undefined) return type;
    }
    return null;
  }
}
