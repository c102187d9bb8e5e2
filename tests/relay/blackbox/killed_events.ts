/** The events of programs that are killed: each can be told from any other, and from a torn one. */
import { string, u32, u64 } from "@ltt/relay/trace";

/** Fields of an event. */
export const FIELDS = [u64("n"), u32("thread"), u32("check"), string("text")] as const;

/** A number that fits to those of an event. */
export function checkOf(n: number, thread: number): number {
  return Math.imul(n + 1, 2654435761) + thread >>> 0;
}

/** A text that fits to the number of an event: of any length to some 90 bytes. */
export function textOf(n: number): string {
  return `text ${n} `.repeat(n % 7);
}
