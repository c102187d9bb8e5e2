import type { FieldLike } from "./field_types.ts";

/** Refuses with a `TypeError` fields that cannot stand together in `what`. */
export function assertFields(what: string, fields: readonly FieldLike[]): void {
  const names = new Set<string>();
  for (const { name, type } of fields) {
    // A sequence's length is a field beside it, named as LTTng names it.
    const taken = type.kind === "sequence" ? [name, `_${name}_length`] : [name];
    for (const one of taken) {
      if (names.has(one)) throw new TypeError(`Cannot make ${what}: it has two fields "${one}"`);
      // babeltrace2 compares names as they are in metadata with those before without their first `_`,
      // and would refuse the whole trace.
      if (names.has(`_${one}`)) {
        const both = `"_${one}" and "${one}", in this order`;
        throw new TypeError(
          `Cannot make ${what}: readers of traces cannot tell fields ${both}, apart`,
        );
      }
      names.add(one);
    }
  }
}
