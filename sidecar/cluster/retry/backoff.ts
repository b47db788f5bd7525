import type { Random } from '../../../shared/struct/random.ts';

/**
 * Ms to wait before retry number `retry` (1 = the first): evenly within [0, (2^retry - 1) x base), at most `max`. Full
 * jitter, so that requests that failed together do not come back together. Source: Envoy, "Router: x-envoy-max-retries".
 */
export function backoff(retry: number, base: number, max: number, random: Random): number {
  return random() * Math.min(max, (2 ** Math.min(retry, 30) - 1) * base);
}
