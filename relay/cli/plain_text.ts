/** A text that comes from elsewhere without what would move a terminal's cursor. */
export function plainText(text: string): string {
  return text.replace(/\p{Cc}/gu, "?");
}
