const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1, us: 0.001, ns: 0.000001 };

/**
 * Milliseconds of a duration as people write it: Gateway API ("1h30m", "250ms") or proto3 JSON ("0.25s").
 * Undefined when `text` is neither. Source: GEP-2257, proto3 JSON mapping.
 */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(h|m|s|ms|us|ns))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|us|ns|h|m|s)/g)) {
    sum += Number(amount) * (units[unit ?? ''] ?? Number.NaN);
  }
  return sum;
}
