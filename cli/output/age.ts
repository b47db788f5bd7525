const units: readonly [string, number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];

/** How long ago, in the two largest units that matter: 42s, 5m10s, 3h, 12d. `ms` below zero counts as now. */
export function age(ms: number): string {
  const at = units.findIndex(([, size]) => ms >= size);
  const [unit, size] = units[at < 0 ? units.length - 1 : at] ?? ['s', 1_000];
  const count = Math.floor(Math.max(0, ms) / size);
  const next = units[at + 1];
  const rest = next && count < 10 ? Math.floor((ms % size) / next[1]) : 0;
  return `${count}${unit}${next && rest > 0 ? `${rest}${next[0]}` : ''}`;
}

/** The age at wall-clock time `now` (milliseconds) of an RFC 3339 timestamp; `<unknown>` without one. */
export function ageSince(timestamp: string | undefined, now: number): string {
  const then = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  return Number.isNaN(then) ? '<unknown>' : age(now - then);
}
