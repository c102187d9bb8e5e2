/** Golden vectors as data: what is in the files under tests/vectors, and how a state is patched. */

/** First line of a vector. */
export interface VectorHeader {
  readonly name: string;
  readonly shows: string;
  readonly check_random_access: boolean;
  /** Why the design departs from what was recorded; empty where it does not. */
  readonly deviates: readonly string[];
}

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** One operation with everything that was observed of it. */
export interface Operation {
  readonly op: string;
  readonly expect: {
    readonly ret: Json;
    readonly log?: Json[];
    readonly state?: Json;
    readonly [extra: string]: Json | undefined;
  };
  // deno-lint-ignore no-explicit-any
  readonly [argument: string]: any;
}

/** A script of operations. */
export interface Vector {
  readonly header: VectorHeader;
  readonly operations: readonly Operation[];
}

/** Splits a file of one vector or several; each starts with its header. */
export function parseVectors(text: string, fileName: string): Vector[] {
  const vectors: { header: VectorHeader; operations: Operation[] }[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const value = JSON.parse(line);
    if ("op" in value) {
      const vector = vectors.at(-1);
      if (!vector) throw new Error(`${fileName}:${index + 1}: an operation before any header`);
      vector.operations.push(value);
    } else {
      vectors.push({ header: value, operations: [] });
    }
  }
  if (vectors.length === 0) throw new Error(`${fileName}: no vector in it`);
  return vectors;
}

/** Applies a JSON merge patch (RFC 7396). */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const plain = target !== null && typeof target === "object" && !Array.isArray(target);
  const merged: { [name: string]: Json } = plain ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

/** The bytes a `write` or `poke` stores. */
export function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => seed * 31 + i * 7 + (i >> 8));
}

/** Hash of some bytes: FNV-1a of 64 bits, in hexadecimal. */
export function fnv1a(bytes: Uint8Array): string {
  // Two halves of 32 bits; the prime is 2^40 + 0x1b3.
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const byte of bytes) {
    low = (low ^ byte) >>> 0;
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 2 ** 32) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
