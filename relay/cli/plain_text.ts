/** A text that comes from elsewhere without what would move a terminal's cursor, or turn its direction. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, "?");
}

/** Several lines without that. */
export function plainLines(text: string): string {
  return text.split("\n").map(plainText).join("\n");
}
