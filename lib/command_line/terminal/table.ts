/**
 * Tables that fit a terminal.
 *
 * @module
 */

import { cutMiddle, printable, widthOf } from "./text.ts";

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** @default {"left"} */
  readonly align?: "left" | "right";
  /** Whether it is cut where the table is too wide; one column may be. @default {false} */
  readonly shrinks?: boolean;
}

const GAP = "  ";
/** The least width of the column that is cut. */
const LEAST = 8;

/**
 * The lines of a table with its head, none wider than `width` if one column shrinks.
 *
 * @param rows The cells of each row, in the order of the columns.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printable))];
  const widths = fitted(columns, cells, width);
  return cells.map((row) => {
    const shown = columns.map(({ align = "left" }, at) =>
      padded(row[at] ?? "", widths[at] ?? 0, align)
    );
    return shown.join(GAP).trimEnd();
  });
}

function fitted(
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  width: number,
): number[] {
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => widthOf(row[at] ?? ""))));
  const total = widths.reduce((sum, one) => sum + one, 0) + GAP.length * (columns.length - 1);
  const over = total - width;
  if (over <= 0) return widths;
  return widths.map((one, at) => columns[at]?.shrinks ? Math.max(LEAST, one - over) : one);
}

function padded(text: string, width: number, align: "left" | "right"): string {
  const cut = cutMiddle(text, width);
  const blanks = " ".repeat(Math.max(0, width - widthOf(cut)));
  return align === "left" ? cut + blanks : blanks + cut;
}
