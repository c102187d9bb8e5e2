import type { FieldLike } from "../ctf/field_types.ts";
import { string, u32 } from "../ctf/fields.ts";
import type { ContextName } from "./options.ts";

/** Fields of contexts, in their order. */
export function contextFields(contexts: readonly ContextName[]): FieldLike[] {
  return contexts.map((context) => context === "cpu" ? u32("cpu_id") : string("worker_name"));
}

/** Values of contexts, in their order. */
export function contextValues(
  contexts: readonly ContextName[],
  cpu: number,
  worker: string,
): (number | string)[] {
  return contexts.map((context) => context === "cpu" ? cpu : worker);
}
