import type { EnumClass, EnumMapping } from "../tsdl/field_class.ts";
import { EnumValue } from "./trace_event.ts";

/** Values that are kept. */
const MAX_KEPT = 4096;
/** Labels that a value has at most to be kept. */
const MAX_LABELS = 16;

/** By what is declared. Thousands of fields may be of one enumeration with very many labels. */
const known = new WeakMap<readonly EnumMapping[], EnumValues>();

/** Makes values of an enumeration; keeps them, for there are few different ones as a rule. */
export class EnumValues {
  readonly #kept = new Map<number | bigint, EnumValue>();
  /** Indexes of labels that one value has. */
  readonly #single = new Map<bigint, number[]>();
  /** Indexes of labels that several values have. */
  readonly #ranges: number[] = [];
  readonly #mappings: readonly EnumMapping[];
  #byLabel: ReadonlyMap<string, readonly EnumMapping[]> | null = null;

  /** Those of an enumeration: the same ones for all fields that are declared as it is. */
  static of({ mappings }: EnumClass): EnumValues {
    let values = known.get(mappings);
    if (values === undefined) known.set(mappings, values = new EnumValues(mappings));
    return values;
  }

  /** With such labels. */
  constructor(mappings: readonly EnumMapping[]) {
    this.#mappings = mappings;
    for (const [i, { first, last }] of mappings.entries()) {
      if (first !== last) this.#ranges.push(i);
      else if (this.#single.has(first)) this.#single.get(first)!.push(i);
      else this.#single.set(first, [i]);
    }
  }

  /** The value with its labels. */
  of(value: number | bigint): EnumValue {
    return this.#kept.get(value) ?? this.#make(value);
  }

  /** What has a label. */
  labelled(label: string): readonly EnumMapping[] {
    this.#byLabel ??= Map.groupBy(this.#mappings, (mapping) => mapping.label);
    return this.#byLabel.get(label) ?? [];
  }

  #make(value: number | bigint): EnumValue {
    const mappings = this.#mappings;
    const indexes = this.#ranges.filter((i) => {
      return value >= mappings[i].first && value <= mappings[i].last;
    });
    indexes.push(...this.#single.get(BigInt(value)) ?? []);
    const labels = indexes.sort((a, b) => a - b).map((i) => mappings[i].label);
    const made = new EnumValue(labels, value);
    if (this.#kept.size < MAX_KEPT && labels.length <= MAX_LABELS) this.#kept.set(value, made);
    return made;
  }
}
