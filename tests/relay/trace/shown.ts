import type { EnumerationType, FieldLike, FieldType } from "@ltt/relay/ctf";
import { labelsByValue } from "../../../relay/ctf/metadata.ts";
import type { Value } from "../ctf/babeltrace_values.ts";
import type { Decoded } from "./decode.ts";

/**
 * How babeltrace2 shows fields that were stored. It prints six digits of a floating-point number: where
 * what it has `shown` is as near as that, it is taken. In the place of an empty text version 2.0.4 may
 * show one of an event before (efficios/babeltrace, pull request 116): any is taken, so the caller has
 * to look at the bytes himself.
 */
export function shownFields(
  fields: readonly FieldLike[],
  stored: Readonly<Record<string, Decoded>>,
  shown: Value,
): Record<string, Value> {
  const result: Record<string, Value> = {};
  for (const { name, type } of fields) {
    const value = stored[name];
    if (type.kind === "sequence") result[`_${name}_length`] = (value as Decoded[]).length;
    const given = (shown as Readonly<Record<string, Value>> | undefined)?.[name];
    result[name] = shownValue(type, value, given);
  }
  return result;
}

function shownValue(type: FieldType, stored: Decoded, shown: Value | undefined): Value {
  switch (type.kind) {
    case "integer": {
      const isHex = type.base === 16;
      return small(isHex ? BigInt.asUintN(type.size, BigInt(stored as bigint)) : stored as bigint);
    }
    case "float":
      return isNear(stored as number, shown) ? shown : stored as number;
    case "enumeration":
      return { label: label(type, stored as bigint), value: small(stored as bigint) };
    case "string":
      return stored === "" && typeof shown === "string" ? shown : stored as string;
    case "struct":
      return shownFields(type.fields, stored as Record<string, Decoded>, shown as Value);
    default: {
      const { element } = type;
      return (stored as Decoded[]).map((one, i) =>
        shownValue(element, one, (shown as readonly Value[] | undefined)?.[i])
      );
    }
  }
}

function small(value: number | bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}

function label(type: EnumerationType, value: number | bigint): string | null {
  return labelsByValue(type).get(BigInt(value)) ?? null;
}

/** Whether a number was rounded to six digits, but for its sign nothing else changed. */
function isNear(value: number, shown: Value | undefined): shown is number {
  if (typeof shown === "bigint") return isNear(value, Number(shown));
  if (typeof shown !== "number" || Object.is(shown, -0) !== Object.is(value, -0)) return false;
  return Math.abs(shown - value) <= 5.1e-6 * Math.abs(value);
}
