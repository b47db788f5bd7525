import { judge, type Result, type Verdict } from './result.ts';

/** Who has a column of its own in the summary. */
const columns = ['aya', 'nginx', 'haproxy', 'envoy'];

/** Three significant digits: more would claim a precision that no run has. */
export const digits = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/** All figures of one result, a line for each who ran. */
export function detailsOf({ work, unit, figures, notes }: Result): string {
  const headings = [...new Set(figures.flatMap(({ also }) => Object.keys(also)))];
  const lines = figures.map(({ name, value, lowest, highest, also }) => [
    name,
    digits(value),
    `${digits(lowest)}-${digits(highest)}`,
    ...headings.map((heading) => (also[heading] === undefined ? '' : digits(also[heading]))),
  ]);
  const said = notes.map((note) => `  ${note}`);
  return [`${work}:`, aligned([['', unit, '(spread)', ...headings], ...lines]), ...said].join('\n');
}

/** Every bound of every result: who needed how much, what follows from it, and whether floor and goal hold. */
export function summaryOf(results: readonly Result[]): string {
  const lines = results.flatMap((result) =>
    judge(result).map((verdict, at) => [
      at === 0 ? result.work : '',
      at === 0 ? result.unit : '',
      ...columns.map((name) => (at === 0 ? figureIn(result, name) : '')),
      figure(verdict),
      bound(verdict.floor, verdict.floorHolds),
      bound(verdict.goal, verdict.goalHolds),
    ]),
  );
  return aligned([['work', 'unit', ...columns, 'figure', 'floor', 'goal'], ...lines], 2);
}

function figureIn({ figures }: Result, name: string): string {
  const found = figures.find((each) => each.name === name);
  return found ? digits(found.value) : '';
}

function figure({ value, against }: Verdict): string {
  return against === undefined ? digits(value) : `${value.toFixed(2)} x ${against}`;
}

function bound(limit: number | undefined, holds: boolean | undefined): string {
  if (limit === undefined) return '';
  return `${Number.isInteger(limit) ? limit : limit.toFixed(2)} ${holds ? 'holds' : 'MISSES'}`;
}

/** Cells in columns; the first `left` columns begin at the left, the others end at the right. */
export function aligned(lines: readonly (readonly string[])[], left = 1): string {
  const widths = lines[0]?.map((_, at) => Math.max(...lines.map((each) => each[at]?.length ?? 0))) ?? [];
  const cell = (text: string, at: number): string =>
    at < left ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0);
  return lines.map((each) => `  ${each.map(cell).join('  ')}`.trimEnd()).join('\n');
}
