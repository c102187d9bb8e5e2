import { padded, textWidth } from "./text_width.ts";

/** Pads the cells of a table: the first column to the left, the others to the right. */
export function formatTable(rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map(String));
  const widths = cells[0].map((_, column) =>
    Math.max(...cells.map((row) => textWidth(row[column])))
  );
  const pad = (cell: string, column: number): string =>
    column === 0
      ? padded(cell, widths[column])
      : " ".repeat(widths[column] - textWidth(cell)) + cell;
  return cells.map((row) => `  ${row.map(pad).join("  ")}`.trimEnd()).join("\n");
}
