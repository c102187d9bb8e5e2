import { applyChange } from "./page/apply.js";

/** Data that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [key: string]: Json;
};

/** A place in a state, from the root on. */
export type Path = readonly string[];

/** One difference between two states: the value now, or none where the place is gone. */
export interface Change {
  /** Where. */
  readonly path: Path;
  /** What is there now. */
  readonly value?: Json;
}

/**
 * What has changed from one state to the next, as deep as both have the same members: a member that is
 * new comes whole. An array that has got another length counts as new.
 */
export function differences(before: Json, after: Json, path: Path = []): Change[] {
  if (before === after) return [];
  if (!isComparable(before) || !isComparable(after) || !isSameKind(before, after)) {
    return [{ path, value: after }];
  }
  const [old, now] = [Object(before), Object(after)] as Record<string, Json>[];
  const changes: Change[] = [];
  for (const key of Object.keys(old)) {
    if (!Object.hasOwn(now, key)) changes.push({ path: [...path, key] });
  }
  for (const [key, value] of Object.entries(now)) {
    const inner = [...path, key];
    if (Object.hasOwn(old, key)) changes.push(...differences(old[key], value, inner));
    else changes.push({ path: inner, value });
  }
  return changes;
}

/** The state after changes; what they do not touch is shared with the state before. */
export function apply(state: Json, changes: readonly Change[]): Json {
  return changes.reduce<Json>(applyChange, state);
}

function isComparable(value: Json): value is readonly Json[] | { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null;
}

function isSameKind(before: object, after: object): boolean {
  if (Array.isArray(before) !== Array.isArray(after)) return false;
  return !Array.isArray(before) || before.length === (after as readonly Json[]).length;
}
