import { integer, object, optional, percent, preset, required, text } from './schema.ts';

/** Faults that need few words: each of them, with a percentage of its own, beside whatever else is injected. */
export interface ShortFaults {
  /** The body of the response comes at `limit`: "64KiB/s". */
  bandwidth?: { percent: number; limit: string };
  /** The body ends as if whole after so many bytes. */
  truncate?: { percent: number; afterBytes: number };
  /** One byte in each run of so many of the body is inverted; at least one of a shorter body. */
  corrupt?: { percent: number; every: number };
  /** The request is swallowed, and nothing ever comes back. */
  blackHole?: { percent: number };
  /** No connection can be had. */
  connectFailure?: { percent: number };
}

const units: Readonly<Record<string, number>> = { '': 1, k: 1_000, Ki: 1_024, M: 1_000_000, Mi: 1_048_576 };
const rate = /^([1-9]\d{0,8})(k|Ki|M|Mi|)B\/s$/;

/** Bytes per second of a rate as text: a whole number of B, kB, KiB, MB or MiB per second; 0 = it is none. */
export function bytesPerSecond(limit: string): number {
  const [, count, unit = ''] = rate.exec(limit) ?? [];
  return Number(count ?? 0) * (units[unit] ?? 0);
}

const share = object<{ percent: number }>({ percent: required(percent) });
const bytes = integer(1, 1_000_000_000);

export const shortFaults = {
  bandwidth: optional(
    object<{ percent: number; limit: string }>({
      percent: required(percent),
      limit: required(text({ pattern: rate, is: 'a rate such as 64KiB/s or 1MB/s' })),
    }),
  ),
  truncate: optional(
    object<{ percent: number; afterBytes: number }>({
      percent: required(percent),
      afterBytes: preset(integer(0, 1_000_000_000), 1),
    }),
  ),
  corrupt: optional(
    object<{ percent: number; every: number }>({ percent: required(percent), every: preset(bytes, 1_024) }),
  ),
  blackHole: optional(share),
  connectFailure: optional(share),
};
