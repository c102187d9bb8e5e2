import type { EnumMapping, FloatClass, IntegerClass, StringClass } from "./field_class.ts";

/** An integer as it was declared: the trace's byte order may be said later. */
export type DeclaredInteger = Omit<IntegerClass, "byteOrder"> & {
  readonly byteOrder: IntegerClass["byteOrder"] | null;
};
/** A floating-point number as it was declared. */
export type DeclaredFloat = Omit<FloatClass, "byteOrder"> & {
  readonly byteOrder: FloatClass["byteOrder"] | null;
};

/** An enumeration as it was declared. */
export interface DeclaredEnum {
  readonly kind: "enumeration";
  readonly container: DeclaredInteger;
  readonly mappings: readonly EnumMapping[];
}

/** A field or an option as it was declared, its `_` included. */
export interface DeclaredMember {
  readonly name: string;
  readonly type: DeclaredType;
  /** Where it is in the text. */
  readonly at: number;
}

/** A structure as it was declared. */
export interface DeclaredStruct {
  readonly kind: "struct";
  /** What `align()` says, in bits. */
  readonly alignment: number;
  readonly members: readonly DeclaredMember[];
}

/** A variant as it was declared; one without a tag is good for nothing but to get one. */
export interface DeclaredVariant {
  readonly kind: "variant";
  readonly tag: readonly string[] | null;
  readonly options: readonly DeclaredMember[];
}

/** An array, or a sequence if its length is the name of a field. */
export interface DeclaredArray {
  readonly kind: "array";
  readonly element: DeclaredType;
  readonly length: number | readonly string[];
}

/** A type as it was declared: what it refers to is known where it is used. */
export type DeclaredType =
  | DeclaredInteger
  | DeclaredFloat
  | StringClass
  | DeclaredEnum
  | DeclaredStruct
  | DeclaredVariant
  | DeclaredArray;
