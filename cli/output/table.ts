/** Rows as columns for people: the first row is the head; three blanks between columns; no blanks at the ends of lines. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, cell.length);
    });
  }
  return rows.map((row) => `${line(row, widths)}\n`).join('');
}

/** One row in given widths: for rows that come one by one. A longer cell pushes the rest of its line. */
export function line(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, at) => cell.padEnd(widths[at] ?? 0))
    .join('   ')
    .trimEnd();
}
