import { HARMFUL } from "../view/plain_values.ts";

/** A text that comes from elsewhere without what would move a terminal's cursor, or turn its direction. */
export function plainText(text: string): string {
  return text.replace(HARMFUL, "?");
}

/** Several lines without that. */
export function plainLines(text: string): string {
  return text.split("\n").map(plainText).join("\n");
}
