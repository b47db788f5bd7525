/** One round of one proxy with one shape. */
export interface Round {
  readonly name: string;
  readonly shape: string;
  /** CPU microseconds of the process tree per request, kernel included. */
  readonly cpuPerRequest: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Share of its core that the proxy used: near 1 means that requests per second show its limit. */
  readonly utilisation: number;
}

export interface Row extends Omit<Round, 'shape'> {
  readonly shape: string;
  readonly rounds: number;
  /** Lowest and highest `cpuPerRequest` of the rounds. */
  readonly spread: readonly [number, number];
  /** `cpuPerRequest` over that of each other proxy with the same shape. */
  readonly ratio: Readonly<Record<string, number>>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return ((sorted[middle] ?? Number.NaN) + (sorted[(sorted.length - 1) >> 1] ?? Number.NaN)) / 2;
}

/** Medians by shape and proxy, in the order of their first round. */
export function summarise(rounds: readonly Round[]): Row[] {
  const groups = Map.groupBy(rounds, ({ name, shape }) => `${shape}/${name}`);
  const middle = (group: readonly Round[], of: (round: Round) => number): number => median(group.map(of));
  const cost = new Map([...groups].map(([key, group]) => [key, middle(group, (each) => each.cpuPerRequest)]));
  return [...groups].map(([key, group]) => {
    const [first] = group as [Round, ...Round[]];
    const costs = group.map((each) => each.cpuPerRequest);
    const ratio: Record<string, number> = {};
    for (const [other, value] of cost) {
      const [shape, name] = other.split('/') as [string, string];
      if (shape === first.shape && name !== first.name) ratio[name] = (cost.get(key) ?? Number.NaN) / value;
    }
    return {
      name: first.name,
      shape: first.shape,
      rounds: group.length,
      cpuPerRequest: cost.get(key) ?? Number.NaN,
      spread: [Math.min(...costs), Math.max(...costs)],
      perSecond: middle(group, (each) => each.perSecond),
      p50: middle(group, (each) => each.p50),
      p99: middle(group, (each) => each.p99),
      utilisation: middle(group, (each) => each.utilisation),
      ratio,
    };
  });
}

/** The rows of one shape as a table; ratios are those against nginx and Envoy where they ran. */
export function tableOf(rows: readonly Row[]): string {
  const ratio = (row: Row, name: string): string =>
    row.ratio[name] === undefined ? '' : `${row.ratio[name].toFixed(2)}x`;
  const lines = [
    ['', 'CPU us/request', '(spread)', 'x nginx', 'x envoy', 'requests/s', 'p50 ms', 'p99 ms', 'of its core'],
    ...rows.map((row) => [
      row.name,
      row.cpuPerRequest.toFixed(1),
      `${row.spread[0].toFixed(1)}-${row.spread[1].toFixed(1)}`,
      ratio(row, 'nginx'),
      ratio(row, 'envoy'),
      row.perSecond.toFixed(0),
      row.p50.toFixed(2),
      row.p99.toFixed(2),
      `${(row.utilisation * 100).toFixed(0)} %`,
    ]),
  ];
  const widths = lines[0]?.map((_, at) => Math.max(...lines.map((each) => each[at]?.length ?? 0))) ?? [];
  return lines
    .map((each) => each.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))))
    .map((cells) => `  ${cells.join('  ')}`)
    .join('\n');
}
