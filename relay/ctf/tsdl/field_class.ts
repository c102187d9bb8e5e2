/** In which order the bytes of a number stand. */
export type ByteOrder = "le" | "be";

/** An integer of any number of bits, up to 64. */
export interface IntegerClass {
  /** Which class it is. */
  readonly kind: "integer";
  /** Bits, 1 to 64. */
  readonly size: number;
  /** Bits: it begins at a multiple of that. */
  readonly alignment: number;
  /** Whether it is in two's complement. */
  readonly signed: boolean;
  /** In which base people are shown it. */
  readonly base: 2 | 8 | 10 | 16;
  /** In which order its bytes stand. */
  readonly byteOrder: ByteOrder;
  /** Whether an array of it is text. */
  readonly encoding: "none" | "utf8" | "ascii";
  /** Name of the clock whose time it is, `null` for other numbers. */
  readonly clock: string | null;
}

/** A floating-point number as IEEE 754 has it. */
export interface FloatClass {
  /** Which class it is. */
  readonly kind: "float";
  /** Bits. */
  readonly size: 32 | 64;
  /** Bits: it begins at a multiple of that. */
  readonly alignment: number;
  /** In which order its bytes stand. */
  readonly byteOrder: ByteOrder;
}

/** Text that a zero byte ends. */
export interface StringClass {
  /** Which class it is. */
  readonly kind: "string";
  /** How characters are written. */
  readonly encoding: "utf8" | "ascii";
}

/** A label of an enumeration, and which values have it. */
export interface EnumMapping {
  /** The label. */
  readonly label: string;
  /** Lowest value. */
  readonly first: bigint;
  /** Highest value. */
  readonly last: bigint;
}

/** An integer whose values have labels. */
export interface EnumClass {
  /** Which class it is. */
  readonly kind: "enumeration";
  /** The integer. */
  readonly container: IntegerClass;
  /** Labels in the order of the metadata. */
  readonly mappings: readonly EnumMapping[];
}

/** A fixed number of elements. */
export interface ArrayClass {
  /** Which class it is. */
  readonly kind: "array";
  /** What an element is. */
  readonly element: FieldClass;
  /** Elements. */
  readonly length: number;
}

/** As many elements as an integer that was recorded before says. */
export interface SequenceClass {
  /** Which class it is. */
  readonly kind: "sequence";
  /** What an element is. */
  readonly element: FieldClass;
  /** Where that integer is. */
  readonly length: FieldPath;
}

/** A field of a structure, or an option of a variant. */
export interface Member {
  /** Its name in the metadata without the `_` that hides it from the words of TSDL. */
  readonly name: string;
  /** What it is. */
  readonly class: FieldClass;
}

/** Fields one after the other. */
export interface StructClass {
  /** Which class it is. */
  readonly kind: "struct";
  /** Bits: it begins at a multiple of that, at least of what its fields need. */
  readonly alignment: number;
  /** Its fields in order. */
  readonly members: readonly Member[];
}

/** One of several fields: the one named as the label that an enumeration before it has. */
export interface VariantClass {
  /** Which class it is. */
  readonly kind: "variant";
  /** Where that enumeration is. */
  readonly tag: FieldPath;
  /** The fields of which one is recorded. */
  readonly options: readonly Member[];
}

/** What a field of a trace is. */
export type FieldClass =
  | IntegerClass
  | FloatClass
  | StringClass
  | EnumClass
  | ArrayClass
  | SequenceClass
  | StructClass
  | VariantClass;

/** Where a field is that lengths and variants depend on. */
export interface FieldPath {
  /** Of which part of packet or event it is. */
  readonly scope:
    | "packet header"
    | "packet context"
    | "event header"
    | "stream event context"
    | "event context"
    | "event fields";
  /** Names from the scope's structure on, as {@linkcode Member.name}. */
  readonly names: readonly string[];
}

/** What events of a kind have in common. */
export interface EventClass {
  /** Its name. */
  readonly name: string;
  /** Its number in its stream class. */
  readonly id: number;
  /** Its stream class's number. */
  readonly streamId: number;
  /** How important it is, `null` where the metadata does not say. */
  readonly loglevel: number | null;
  /** What its context is, `null` without any. */
  readonly context: StructClass | null;
  /** What its fields are. */
  readonly fields: StructClass;
}
