import type { DeclaredMember, DeclaredStruct, DeclaredType } from "./declared_type.ts";
import type {
  ByteOrder,
  FieldClass,
  FieldPath,
  Member,
  StructClass,
  VariantClass,
} from "./field_class.ts";

import { alignmentOf } from "./field_extent.ts";

/** Fields of a trace that are looked at: small declarations can mean very many. */
const MAX_FIELDS = 1_000_000;
/** Structures, variants and arrays in each other. */
const MAX_DEPTH = 64;
/** What absolute paths begin with, and the scope that is. */
const SCOPES: readonly (readonly [prefix: readonly string[], scope: FieldPath["scope"]])[] = [
  [["trace", "packet", "header"], "packet header"],
  [["stream", "packet", "context"], "packet context"],
  [["stream", "event", "header"], "event header"],
  [["stream", "event", "context"], "stream event context"],
  [["event", "context"], "event context"],
  [["event", "fields"], "event fields"],
];

/** Structures of scopes, so far as they are known where a field refers to them. */
export type Scopes = { [scope in FieldPath["scope"]]?: StructClass | null };

/** A structure whose fields are being looked at, and those before. */
interface Frame {
  readonly prefix: readonly string[];
  readonly declared: readonly DeclaredMember[];
  readonly members: Member[];
}

/** Finds out what declared types are where they are used: to which fields lengths and variants refer. */
export class FieldResolver {
  readonly #byteOrder: ByteOrder;
  readonly #fail: (message: string, at: number) => Error;
  #fields = 0;
  #at = 0;

  /** Of a trace; `fail` makes an error about a place of the text. */
  constructor(byteOrder: ByteOrder, fail: (message: string, at: number) => Error) {
    this.#byteOrder = byteOrder;
    this.#fail = fail;
  }

  /** The structure of a scope, of which others are known. */
  scope(
    declared: DeclaredType,
    at: number,
    scope: FieldPath["scope"],
    scopes: Scopes,
  ): StructClass {
    this.#at = at;
    if (declared.kind !== "struct") throw this.#fail(`the ${scope} is no structure`, at);
    const resolution = new Resolution(this, this.#byteOrder, scope, scopes);
    return resolution.struct(declared, [], []);
  }

  /** Is told of each field, and where it is in the text if that is another place. */
  enter(at: number = this.#at): void {
    this.#at = at;
    if (++this.#fields > MAX_FIELDS) throw this.error(`more than ${MAX_FIELDS} fields`);
  }

  /** An error about the field that was entered last. */
  error(message: string): Error {
    return this.#fail(message, this.#at);
  }
}

class Resolution {
  readonly #resolver: FieldResolver;
  readonly #byteOrder: ByteOrder;
  readonly #scope: FieldPath["scope"];
  readonly #scopes: Scopes;
  #depth = 0;

  constructor(
    resolver: FieldResolver,
    byteOrder: ByteOrder,
    scope: FieldPath["scope"],
    scopes: Scopes,
  ) {
    this.#resolver = resolver;
    this.#byteOrder = byteOrder;
    this.#scope = scope;
    this.#scopes = scopes;
  }

  struct(
    { members: declared, alignment }: DeclaredStruct,
    prefix: readonly string[],
    outer: readonly Frame[],
  ): StructClass {
    const frame: Frame = { prefix, declared, members: [] };
    const frames = [...outer, frame];
    let most = alignment;
    const names = shownNames(declared);
    for (const [i, { type, at }] of declared.entries()) {
      this.#resolver.enter(at);
      const name = names[i];
      const field = this.#type(type, [...prefix, name], frames);
      frame.members.push({ name, class: field });
      most = Math.max(most, alignmentOf(field));
    }
    return { kind: "struct", alignment: most, members: frame.members };
  }

  #type(type: DeclaredType, path: readonly string[], frames: readonly Frame[]): FieldClass {
    if (++this.#depth > MAX_DEPTH) {
      throw this.#resolver.error(`more than ${MAX_DEPTH} types in each other`);
    }
    const field = this.#inside(type, path, frames);
    this.#depth--;
    return field;
  }

  #inside(type: DeclaredType, path: readonly string[], frames: readonly Frame[]): FieldClass {
    switch (type.kind) {
      case "integer":
      case "float":
        return { ...type, byteOrder: type.byteOrder ?? this.#byteOrder };
      case "enumeration": {
        const { container } = type;
        const byteOrder = container.byteOrder ?? this.#byteOrder;
        return { ...type, container: { ...container, byteOrder } };
      }
      case "string":
        return type;
      case "struct":
        return this.struct(type, path, frames);
      case "variant": {
        if (type.tag === null) throw this.#resolver.error("a variant has no tag");
        const [tag, tagClass] = this.#find(type.tag, frames);
        if (tagClass.kind !== "enumeration") {
          throw this.#resolver.error(`"${type.tag.join(".")}" is no enumeration`);
        }
        const names = shownNames(type.options);
        const options = type.options.map((option, i): Member => {
          this.#resolver.enter(option.at);
          const name = names[i];
          return { name, class: this.#type(option.type, [...path, name], frames) };
        });
        return { kind: "variant", tag, options } satisfies VariantClass;
      }
      case "array": {
        const { length } = type;
        if (typeof length === "number") {
          this.#resolver.enter();
          return { kind: "array", element: this.#type(type.element, path, frames), length };
        }
        const [lengthPath, lengthClass] = this.#find(length, frames);
        if (lengthClass.kind !== "integer" && lengthClass.kind !== "enumeration") {
          throw this.#resolver.error(`"${length.join(".")}" is no integer`);
        }
        const element = this.#type(type.element, path, frames);
        return { kind: "sequence", element, length: lengthPath };
      }
    }
  }

  /** The field that a path means: of a scope, or one that was before in a structure around. */
  #find(path: readonly string[], frames: readonly Frame[]): [FieldPath, FieldClass] {
    for (const [prefix, scope] of SCOPES) {
      if (path.length <= prefix.length || prefix.some((one, i) => path[i] !== one)) continue;
      const names = path.slice(prefix.length);
      const found = scope === this.#scope
        ? this.#descend(frames[0].members, frames[0].declared, names)
        : this.#descend(this.#scopes[scope]?.members ?? [], null, names);
      if (found !== null) return [{ scope, names: found.names }, found.class];
    }
    for (const { prefix, members, declared } of frames.toReversed()) {
      const found = this.#descend(members, declared, path);
      if (found === null) continue;
      return [{ scope: this.#scope, names: [...prefix, ...found.names] }, found.class];
    }
    throw this.#resolver.error(`no field "${path.join(".")}" is before the one that needs it`);
  }

  #descend(
    members: readonly Member[],
    declared: readonly DeclaredMember[] | null,
    path: readonly string[],
  ): { names: string[]; class: FieldClass } | null {
    const names: string[] = [];
    let found: FieldClass | null = null;
    for (const [depth, raw] of path.entries()) {
      if (found !== null && found.kind !== "struct" && found.kind !== "variant") return null;
      let inside = members;
      if (found !== null) inside = found.kind === "struct" ? found.members : found.options;
      const exact = depth === 0 ? declared?.findIndex(({ name }) => name === raw) ?? -1 : -1;
      const member = inside[exact] ?? inside.findLast(({ name }) => `_${name}` === raw) ??
        inside.findLast(({ name }) => name === raw);
      if (member === undefined) return null;
      names.push(member.name);
      found = member.class;
    }
    return found === null ? null : { names, class: found };
  }
}

/** Names of members without their first `_`, but where another one is called that. */
function shownNames(members: readonly DeclaredMember[]): string[] {
  const isShort = (name: string): boolean => name === "_" || !name.startsWith("_");
  const taken = new Set(members.map(({ name }) => name).filter(isShort));
  return members.map(({ name }) =>
    isShort(name) || taken.has(name.slice(1)) ? name : name.slice(1)
  );
}
