import { types } from "node:util";

/** Properties and elements shown of an object. */
const MAX_ENTRIES = 10;
/** How deep objects are looked into. */
const MAX_DEPTH = 2;

/**
 * A value as text, without running any code of the program's: no getter, no proxy, no `toString`. What
 * cannot be told so is named by its kind.
 */
export function preview(value: unknown, depth = 0): string {
  if (typeof value === "string") return depth === 0 ? value : JSON.stringify(value);
  if (typeof value === "symbol") return value.toString();
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "[function]";
  if (typeof value !== "object" || value === null) return String(value);
  if (types.isProxy(value)) return "[proxy]";
  if (types.isNativeError(value)) return errorText(value);
  if (types.isDate(value)) return dateText(value);
  if (Array.isArray(value)) return depth < MAX_DEPTH ? arrayText(value, depth) : "[array]";
  const prototype = Object.getPrototypeOf(value);
  const isPlain = prototype === null || prototype === Object.prototype;
  return isPlain && depth < MAX_DEPTH ? objectText(value, depth) : "[object]";
}

/** An error's property, if it is a string that can be read without running code. */
export function ownText(error: unknown, key: "message" | "name"): string | null {
  if (typeof error !== "object" || error === null) return null;
  for (let at: object | null = error; at !== null; at = Object.getPrototypeOf(at)) {
    if (types.isProxy(at)) return null;
    const descriptor = Object.getOwnPropertyDescriptor(at, key);
    if (descriptor === undefined) continue;
    return typeof descriptor.value === "string" ? descriptor.value : null;
  }
  return null;
}

/** Name of what was thrown; of what is no error, its type. */
export function errorName(error: unknown): string {
  return ownText(error, "name") ?? typeof error;
}

function errorText(error: Error): string {
  const message = ownText(error, "message") ?? "";
  return message === "" ? errorName(error) : `${errorName(error)}: ${message}`;
}

function dateText(date: Date): string {
  const time = Date.prototype.getTime.call(date);
  return Number.isNaN(time) ? "Invalid Date" : new Date(time).toISOString();
}

function arrayText(array: readonly unknown[], depth: number): string {
  const texts: string[] = [];
  for (let i = 0; i < Math.min(array.length, MAX_ENTRIES); i++) {
    texts.push(propertyText(Object.getOwnPropertyDescriptor(array, i), depth));
  }
  if (array.length > MAX_ENTRIES) texts.push("…");
  return `[${texts.join(", ")}]`;
}

function objectText(object: object, depth: number): string {
  const keys = Object.keys(object);
  const texts = keys.slice(0, MAX_ENTRIES).map((key) =>
    `${key}: ${propertyText(Object.getOwnPropertyDescriptor(object, key), depth)}`
  );
  if (keys.length > MAX_ENTRIES) texts.push("…");
  return `{${texts.join(", ")}}`;
}

function propertyText(descriptor: PropertyDescriptor | undefined, depth: number): string {
  if (descriptor === undefined) return "";
  return "value" in descriptor ? preview(descriptor.value, depth + 1) : "[getter]";
}
