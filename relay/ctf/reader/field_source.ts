import { CtfError } from "../ctf_error.ts";
import { EnumValues } from "./enum_values.ts";
import type {
  ArrayClass,
  EnumClass,
  FieldClass,
  FieldPath,
  IntegerClass,
  SequenceClass,
  StringClass,
  StructClass,
  VariantClass,
} from "../tsdl/field_class.ts";
import { aligned, alignmentOf, fixedBits, isBytewise, leastSize } from "../tsdl/field_extent.ts";
import type { FieldRefs } from "../tsdl/field_refs.ts";
import { floatSource, integerSource } from "./number_source.ts";
import { type Position, PositionSource } from "./position_source.ts";

/** Most fields that code is made for at once: it would be longer than what V8 takes well. */
const MAX_FIELDS = 50_000;

/** What code is made for: the fields of scopes, one after the other. */
export interface SourceOptions {
  /** At which multiples of bits it begins, or at any bit. */
  readonly begin: number | "bitwise";
  /** Whether values are made, or fields are only gone over. */
  readonly hasValues: boolean;
  /** Fields that lengths and variants depend on. */
  readonly refs: FieldRefs;
  /** What a field is that the option of a variant depends on. */
  readonly tag: (path: FieldPath) => EnumClass;
  /** Whether these are headers of events, in which their numbers are looked for. */
  readonly isHeader: boolean;
  /** Whether the clock goes on with the times that are in them. */
  readonly hasTimes: boolean;
}

/** Behind what has a length that is not known when the code is written. */
const BYTE: Position = { isBitwise: false, known: 0, alignment: 8 };
const BIT: Position = { isBitwise: true, known: 0, alignment: 1 };

/** Writes code that reads fields, or goes over them. */
export class FieldSource {
  /** The code so far. */
  readonly position: PositionSource;
  /** What the code calls `enums`. */
  readonly enums: EnumValues[] = [];
  readonly #options: SourceOptions;
  #variables = 0;
  #fields = 0;
  #conditionCount = 0;
  #withValues: boolean;

  /** Nothing is written yet. */
  constructor(options: SourceOptions) {
    this.#options = options;
    this.position = new PositionSource(options.begin);
    this.#withValues = options.hasValues;
  }

  /** Writes what reads a scope; an expression for its value, empty without values. */
  scope(scope: FieldPath["scope"], struct: StructClass): string {
    return this.#struct(struct, scope);
  }

  #line(...lines: string[]): void {
    this.position.lines.push(...lines);
  }

  #variable(): string {
    return `v${this.#variables++}`;
  }

  /** Keeps an expression in a variable, so that it is worked out in order. */
  #constant(expression: string): string {
    const name = this.#variable();
    this.#line(`const ${name} = ${expression};`);
    return name;
  }

  #field(field: FieldClass, key: string): string {
    if (++this.#fields > MAX_FIELDS) {
      const why = `it has more than ${MAX_FIELDS} fields`;
      throw new CtfError(`Cannot read an event: ${why}`, "metadata", 0);
    }
    switch (field.kind) {
      case "integer":
        return this.#integer(field, key);
      case "enumeration":
        return this.#enumeration(field, key);
      case "float": {
        this.position.align(field.alignment);
        const source = floatSource(field, this.position);
        this.position.advance(field.size);
        return this.#withValues ? this.#constant(source) : "";
      }
      case "string":
        return this.#text(field);
      case "struct":
        return this.#struct(field, key);
      case "array":
      case "sequence":
        return this.#array(field, key);
      case "variant":
        return this.#variant(field, key);
    }
  }

  #integer(integer: IntegerClass, key: string): string {
    const { refs, isHeader, hasTimes } = this.#options;
    this.position.align(integer.alignment);
    const source = integerSource(integer, this.position);
    this.position.advance(integer.size);
    const ref = refs.index(key);
    const isId = isHeader && /^event header\/(v\/[^/]+\/)?id$/.test(key);
    const isTime = isHeader && hasTimes && integer.clock !== null;
    if (!this.#withValues && ref === undefined && !isId && !isTime) return "";
    const value = this.#constant(source);
    if (ref !== undefined) this.#line(`s.refs[${ref}] = ${value};`);
    if (isId) this.#line(`s.id = ${value};`);
    if (isTime) this.#line(`s.tick(${value}, ${integer.size});`);
    return value;
  }

  #enumeration(field: EnumClass, key: string): string {
    const value = this.#integer(field.container, key);
    if (!this.#withValues) return "";
    const values = this.enums.push(EnumValues.of(field)) - 1;
    return this.#constant(`enums[${values}].of(${value})`);
  }

  #text(_: StringClass): string {
    this.position.align(8);
    this.position.toByte();
    if (!this.#withValues) {
      this.#line("at = s.skipText(at, end);", "if (at < 0) return -1;");
      this.position.position = BYTE;
      return "";
    }
    const value = this.#constant("s.text(at, end)");
    this.#line("at = s.at;", "if (at < 0) return -1;");
    this.position.position = BYTE;
    return value;
  }

  #struct({ alignment, members }: StructClass, key: string): string {
    this.position.align(alignment);
    const properties = members.map(({ name, class: field }) => {
      const value = this.#field(field, `${key}/${name}`);
      return `${propertyName(name)}: ${value}`;
    });
    return this.#withValues ? `{ ${properties.join(", ")} }` : "";
  }

  #array(field: ArrayClass | SequenceClass, key: string): string {
    const { element } = field;
    this.position.align(alignmentOf(element));
    const isText = element.kind === "integer" && element.size === 8 && element.alignment === 8 &&
      element.encoding !== "none";
    const length = field.kind === "array"
      ? `${field.length}`
      : this.#constant(`s.length(s.refs[${this.#options.refs.indexOf(field.length)}], at)`);
    const size = fixedBits(element);
    const isSkipped = !this.#withValues && size !== null &&
      !this.#options.refs.isInside(key);
    if (isText || isSkipped) {
      if (field.kind === "array" && !isText) {
        this.position.advance(fixedBits(field)!);
        return "";
      }
      return this.#run(length, size!, alignmentOf(element), isText);
    }
    return this.#loop(element, length, key);
  }

  /** Elements that follow each other without gaps, or with always the same ones. */
  #run(length: string, size: number, alignment: number, isText: boolean): string {
    const { position } = this;
    const step = aligned(size, alignment);
    const isBytes = position.isAtByte && step % 8 === 0 && size === step;
    if (isBytes) position.toByte();
    else position.toBit();
    const bits = size === step
      ? `${length} * ${step}`
      : `(${length} > 0 ? (${length} - 1) * ${step} + ${size} : 0)`;
    if (isBytes) {
      const bytes = step === 8 ? length : `${length} * ${step / 8}`;
      this.#line(`if (${bytes} > end - at) return -1;`);
      const isValue = isText && this.#withValues;
      const value = isValue ? this.#constant(`s.textArray(at, at + ${bytes})`) : "";
      this.#line(`at += ${bytes};`);
      position.position = BYTE;
      return value;
    }
    const sum = this.#constant(`bit + ${bits}`);
    this.#line(`if (at * 8 + ${sum} > end * 8) return -1;`);
    this.#line(`at += Math.floor(${sum} / 8); bit = ${sum} % 8;`);
    return "";
  }

  #loop(element: FieldClass, length: string, key: string): string {
    const { position } = this;
    const isAtByte = position.isAtByte && isBytewise(element);
    if (isAtByte) position.toByte();
    else position.toBit();
    // As soon as there cannot be enough bytes there is no need to begin.
    this.#line(`if (${length} * ${leastSize(element)} > (end - at) * 8) return -1;`);
    const count = position.lines.push("") - 1;
    const fieldsBefore = this.#fields;
    const [array, i] = [this.#variable(), this.#variable()];
    if (this.#withValues) this.#line(`const ${array} = [];`);
    this.#line(`for (let ${i} = 0; ${i} < ${length}; ${i}++) {`);
    // Where the second element begins is not known as well as where the first one does.
    position.position = isAtByte ? BYTE : BIT;
    const value = this.#field(element, key);
    position.lines[count] = `s.count(${length} * ${this.#fields - fieldsBefore}, at);`;
    if (this.#withValues) this.#line(`${array}.push(${value});`);
    if (isAtByte) position.toByte();
    else position.toBit();
    this.#line("}");
    position.position = isAtByte ? BYTE : BIT;
    return this.#withValues ? array : "";
  }

  #variant({ tag, options }: VariantClass, key: string): string {
    const { position } = this;
    const tagValue = this.#constant(`s.refs[${this.#options.refs.indexOf(tag)}]`);
    const value = this.#variable();
    if (this.#withValues) this.#line(`let ${value};`);
    position.close();
    const begin = position.position;
    const outside = position.lines;
    const branches: { readonly condition: string; readonly lines: string[] }[] = [];
    const ends: (() => void)[] = [];
    let areBytes = true;
    for (const { name, class: field } of options) {
      const conditions = this.#conditions(tag, name, tagValue);
      if (conditions === "") continue;
      const lines: string[] = [];
      position.lines = lines;
      position.position = begin;
      const option = this.#field(field, `${key}/${name}`);
      if (this.#withValues) this.#line(`${value} = { ${propertyName(name)}: ${option} };`);
      position.close();
      const end = position.position;
      areBytes &&= position.isAtByte;
      ends.push(() => {
        position.lines = lines;
        position.position = end;
        if (areBytes) position.toByte();
        else position.toBit();
      });
      branches.push({ condition: conditions, lines });
    }
    for (const end of ends) end();
    position.lines = outside;
    for (const { condition, lines } of branches) {
      this.#line(`if (${condition}) {`, ...lines, "} else");
    }
    this.#line(`throw s.noOption(${tagValue}, at);`);
    position.position = areBytes ? BYTE : BIT;
    return this.#withValues ? value : "";
  }

  /** For which values of its tag a variant is of an option. */
  #conditions(tag: FieldPath, option: string, value: string): string {
    const values = EnumValues.of(this.#options.tag(tag));
    const mappings = [...values.labelled(option), ...values.labelled(`_${option}`)];
    this.#conditionCount += mappings.length;
    if (this.#conditionCount > MAX_FIELDS) {
      const why = `its variants have more than ${MAX_FIELDS} labels`;
      throw new CtfError(`Cannot read an event: ${why}`, "metadata", 0);
    }
    const number = (one: bigint): string =>
      Number.isSafeInteger(Number(one)) ? `${one}` : `${one}n`;
    return mappings.map(({ first, last }) =>
      first === last
        ? `${value} == ${number(first)}`
        : `${value} >= ${number(first)} && ${value} <= ${number(last)}`
    ).join(" || ");
  }
}

/** A field's name as that of a property: it may begin with a digit, once its first `_` is gone. */
function propertyName(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : JSON.stringify(name);
}
