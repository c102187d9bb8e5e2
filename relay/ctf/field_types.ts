/** An integer of whole bytes, in two's complement if it is signed. */
export interface IntegerType {
  /** Which type it is. */
  readonly kind: "integer";
  /** Bits. */
  readonly size: 8 | 16 | 32 | 64;
  /** Whether values below 0 can be had. */
  readonly signed: boolean;
  /** In which base people are shown it. */
  readonly base: 10 | 16;
}

/** A floating-point number as IEEE 754 has it. */
export interface FloatType {
  /** Which type it is. */
  readonly kind: "float";
  /** Bits. */
  readonly size: 32 | 64;
}

/** Text in UTF-8, ended by a zero byte. */
export interface StringType {
  /** Which type it is. */
  readonly kind: "string";
}

/** An integer whose values have names. */
export interface EnumerationType {
  /** Which type it is. */
  readonly kind: "enumeration";
  /** How the value is stored. */
  readonly container: IntegerType;
  /** Value of each label. */
  readonly labels: ReadonlyMap<string, number | bigint>;
  /** Whether arguments are `true` and `false`, which the labels are then. */
  readonly boolean: boolean;
}

/** As many elements as its type says. */
export interface ArrayType {
  /** Which type it is. */
  readonly kind: "array";
  /** What an element is. */
  readonly element: ElementType;
  /** Elements. */
  readonly length: number;
}

/** As many elements as a number of 32 bits before them says. */
export interface SequenceType {
  /** Which type it is. */
  readonly kind: "sequence";
  /** What an element is. */
  readonly element: ElementType;
}

/** Fields one after the other. */
export interface StructType {
  /** Which type it is. */
  readonly kind: "struct";
  /** The fields, each name once. */
  readonly fields: readonly FieldLike[];
}

/** What arrays and sequences can be made of: not of each other, except in a struct. */
export type ElementType = IntegerType | FloatType | StringType | EnumerationType | StructType;

/** Type of a field of an event, as CTF 1.8 knows them. All are aligned to a byte only. */
export type FieldType = ElementType | ArrayType | SequenceType;

/** A field whatever its argument is. */
export interface FieldLike {
  /** Its name, a C identifier. */
  readonly name: string;
  /** How it is stored. */
  readonly type: FieldType;
}

/** A field of an event: its name, how it is stored, and what `Argument` is given for it. */
export interface Field<Name extends string, Argument> extends FieldLike {
  /** Its name, a C identifier. */
  readonly name: Name;
  /** Never there: it tells the compiler what is given for the field. */
  readonly argument?: Argument;
}

/** What is given for a field. */
export type ArgumentOf<F extends FieldLike> = F extends Field<string, infer Argument> ? Argument
  : never;

/** What is given for fields, by position. */
export type ArgumentsOf<Fields extends readonly FieldLike[]> = {
  [K in keyof Fields]: ArgumentOf<Fields[K]>;
};

/** What is given for fields, by name. */
export type ObjectOf<Fields extends readonly FieldLike[]> = {
  readonly [F in Fields[number] as F["name"]]: ArgumentOf<F>;
};
