import type { DeclaredArray, DeclaredEnum, DeclaredMember, DeclaredType } from "./declared_type.ts";
import type { EnumMapping } from "./field_class.ts";
import type { MetadataLexer } from "./metadata_lexer.ts";
import { ScalarParser } from "./scalar_parser.ts";
import { TypeScope } from "./type_scope.ts";

/** Braces in braces that are followed. */
const MAX_DEPTH = 64;
/** Largest alignment, in bits. */
const MAX_ALIGNMENT = 2 ** 16;
/** Words of C that make up names of types. */
const TYPE_WORDS = new Set(
  ["void", "char", "short", "int", "long", "float", "double", "signed", "unsigned"].concat(
    ["_Bool", "_Complex", "_Imaginary"],
  ),
);
const TAGGED = new Set(["struct", "variant", "enum"]);

/** Reads types of TSDL by recursive descent. */
export class TypeParser {
  /** Names that are known at the moment. */
  scope: TypeScope = new TypeScope(null);
  lexer: MetadataLexer;
  #depth = 0;
  readonly #scalars = new ScalarParser(this);

  /** Reads from the word on that the lexer is at. */
  constructor(lexer: MetadataLexer) {
    this.lexer = lexer;
  }

  /** Goes behind a word if it is next; says whether it was. */
  take(word: string): boolean {
    const { lexer } = this;
    const isNext = lexer.text === word && (lexer.kind === "mark" || lexer.kind === "name");
    if (isNext) lexer.next();
    return isNext;
  }

  /** Goes behind a word, which has to be next. */
  expect(word: string): void {
    if (!this.take(word)) throw this.#unexpected(`"${word}"`);
  }

  /** Reads a name. */
  name(): string {
    if (this.lexer.kind !== "name") throw this.#unexpected("a name");
    return this.lexer.next();
  }

  /** Reads `typealias`, `typedef` or a named type by itself; says whether there was one. */
  declaration(): boolean {
    if (this.take("typealias")) {
      const type = this.array(this.type());
      this.expect(":=");
      this.#declare(this.#typeName(), type);
    } else if (this.take("typedef")) {
      const type = this.type();
      do {
        const name = this.name();
        this.#declare(name, this.array(type));
      } while (this.take(","));
    } else if (TAGGED.has(this.lexer.text)) this.type();
    else return false;
    this.expect(";");
    return true;
  }

  /** Reads what stands between braces, in a scope of its own, until the closing one. */
  block(body: () => void): void {
    this.expect("{");
    if (++this.#depth > MAX_DEPTH) throw this.lexer.error(`more than ${MAX_DEPTH} braces deep`);
    this.scope = new TypeScope(this.scope);
    while (!this.take("}")) body();
    this.scope = this.scope.outer!;
    this.#depth--;
  }

  /** Reads a type. */
  type(): DeclaredType {
    while (this.take("const"));
    if (this.lexer.kind !== "name") throw this.#unexpected("a type");
    switch (this.lexer.text) {
      case "struct":
        return this.#struct();
      case "variant":
        return this.#variant();
      case "enum":
        return this.#enum();
      case "integer":
        return this.#scalars.integer();
      case "floating_point":
        return this.#scalars.float();
      case "string":
        return this.#scalars.string();
      default: {
        const { at } = this.lexer;
        const name = this.#typeName();
        const type = this.scope.find(name);
        if (type === null) throw this.lexer.error(`type "${name}" is unknown`, at);
        return type;
      }
    }
  }

  /** Reads the brackets behind a name: makes arrays of a type. */
  array(element: DeclaredType): DeclaredType {
    const { lexer } = this;
    if (!this.take("[")) return element;
    if (++this.#depth > MAX_DEPTH) throw lexer.error(`more than ${MAX_DEPTH} brackets deep`);
    let length: DeclaredArray["length"];
    if (lexer.kind === "number") {
      length = Number(lexer.value);
      if (length > 2 ** 32) throw lexer.error(`an array of ${length}: too many`);
      lexer.next();
    } else length = this.path();
    this.expect("]");
    const array: DeclaredArray = { kind: "array", element: this.array(element), length };
    this.#depth--;
    return array;
  }

  /** Reads names with dots between them. */
  path(): string[] {
    const names = [this.name()];
    while (this.take(".")) names.push(this.name());
    return names;
  }

  #unexpected(what: string): Error {
    const { kind, text } = this.lexer;
    return this.lexer.error(`${what} is expected, not ${kind === "end" ? "the end" : `"${text}"`}`);
  }

  #declare(name: string, type: DeclaredType): void {
    if (!this.scope.declare(name, type)) {
      throw this.lexer.error(`type "${name}" is there already`);
    }
  }

  #typeName(): string {
    const words: string[] = [];
    if (this.lexer.kind === "name" && !TYPE_WORDS.has(this.lexer.text)) words.push(this.name());
    else while (TYPE_WORDS.has(this.lexer.text)) words.push(this.name());
    if (words.length === 0) throw this.#unexpected("a type's name");
    while (this.lexer.text === "*" || this.lexer.text === "const") words.push(this.lexer.next());
    return words.join(" ");
  }

  /** The name of a `struct NAME`, if it has one. */
  #tagName(keyword: string): string | null {
    this.expect(keyword);
    return this.lexer.kind === "name" ? `${keyword} ${this.name()}` : null;
  }

  #named(name: string | null): DeclaredType {
    if (name === null) throw this.#unexpected('"{"');
    const type = this.scope.find(name);
    if (type === null) throw this.lexer.error(`${name} is unknown`);
    return type;
  }

  #struct(): DeclaredType {
    const name = this.#tagName("struct");
    if (this.lexer.text !== "{") return this.#named(name);
    const members = this.#members();
    let alignment = 1;
    if (this.take("align")) {
      this.expect("(");
      alignment = this.alignment(this.lexer.value);
      this.lexer.next();
      this.expect(")");
    }
    const type: DeclaredType = { kind: "struct", alignment, members };
    if (name !== null) this.#declare(name, type);
    return type;
  }

  #variant(): DeclaredType {
    const name = this.#tagName("variant");
    let tag: string[] | null = null;
    if (this.take("<")) {
      tag = this.path();
      this.expect(">");
    }
    if (this.lexer.text !== "{") {
      const type = this.#named(name);
      return type.kind === "variant" && tag !== null ? { ...type, tag } : type;
    }
    const type: DeclaredType = { kind: "variant", tag, options: this.#members() };
    if (name !== null) this.#declare(name, type);
    return type;
  }

  #members(): DeclaredMember[] {
    const members: DeclaredMember[] = [];
    const names = new Set<string>();
    this.block(() => {
      const { text } = this.lexer;
      if (text === "typealias" || text === "typedef") {
        this.declaration();
        return;
      }
      const type = this.type();
      if (this.take(";")) return;
      do {
        const { at } = this.lexer;
        const name = this.name();
        if (names.has(name)) throw this.lexer.error(`field "${name}" is there already`, at);
        names.add(name);
        members.push({ name, type: this.array(type), at });
      } while (this.take(","));
      this.expect(";");
    });
    return members;
  }

  #enum(): DeclaredType {
    const name = this.#tagName("enum");
    const { at } = this.lexer;
    const container = this.take(":") ? this.#container() : null;
    if (this.lexer.text !== "{") return this.#named(name);
    const integer = container ?? this.scope.find("int");
    if (integer?.kind !== "integer") throw this.lexer.error("an enumeration of no integer", at);
    const type: DeclaredEnum = {
      kind: "enumeration",
      container: integer,
      mappings: this.#mappings(),
    };
    if (name !== null) this.#declare(name, type);
    return type;
  }

  /** The type behind the colon of an enumeration, which may be one itself. */
  #container(): DeclaredType {
    if (++this.#depth > MAX_DEPTH) throw this.lexer.error(`more than ${MAX_DEPTH} types deep`);
    const type = this.type();
    this.#depth--;
    return type;
  }

  #mappings(): EnumMapping[] {
    const mappings: EnumMapping[] = [];
    let next = 0n;
    this.block(() => {
      const label = this.lexer.kind === "string" ? this.lexer.next() : this.name();
      let [first, last] = [next, next];
      if (this.take("=")) {
        first = last = this.#number();
        if (this.take("...")) last = this.#number();
      }
      if (first > last) throw this.lexer.error(`label "${label}" is of ${first} to ${last}`);
      mappings.push({ label, first, last });
      next = last + 1n;
      if (!this.take(",") && this.lexer.text !== "}") throw this.#unexpected('"," or "}"');
    });
    return mappings;
  }

  #number(): bigint {
    const isNegative = this.take("-");
    if (!isNegative) this.take("+");
    if (this.lexer.kind !== "number") throw this.#unexpected("a number");
    const { value } = this.lexer;
    this.lexer.next();
    return isNegative ? -value : value;
  }

  /** An alignment, if that is what a value can be. */
  alignment(value: unknown): number {
    const alignment = Number(value);
    const isPower = typeof value === "bigint" && Math.log2(alignment) % 1 === 0;
    if (!isPower || alignment > MAX_ALIGNMENT) {
      throw this.lexer.error(`alignment ${value} is no power of 2 up to ${MAX_ALIGNMENT}`);
    }
    return alignment;
  }
}
