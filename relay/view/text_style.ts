import { type Colors, NO_COLORS } from "./colors.ts";

/** How text for people looks. */
export interface TextStyle {
  /** Columns of the terminal, taken for at least 40; `null` for lines of any length. */
  readonly width: number | null;
  /** Its colours. */
  readonly colors: Colors;
}

/** Lines of any length without colours. */
export const PLAIN_STYLE: TextStyle = { width: null, colors: NO_COLORS };

/** Where a terminal has fewer columns, or does not know how many, it breaks the lines. */
const MIN_WIDTH = 40;

/** Columns that lines may have, `null` for any number. */
export function lineWidth({ width }: TextStyle): number | null {
  return width === null ? null : Math.max(MIN_WIDTH, width);
}
