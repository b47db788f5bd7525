import type { Exchange } from '../core/exchange.ts';
import { H, type HeaderList } from '../core/headers.ts';

/**
 * Retries must not multiply over hops: with three hops of two retries each, one failing backend would see 27 attempts. So
 * they tell each other, by two headers, where routes retry by classes (decision D11); plain xDS keeps Envoy's meaning.
 *
 * Down the way x-envoy-attempt-count above 1 says that this is a retry already: whoever gets it repeats what never reached
 * an endpoint, and nothing else, and passes the count on. Back up, x-aya-no-retry says that there were retries for this
 * failure, or that a count, budget or deadline ruled them out: whoever gets it passes it on with the failure. Where there is only
 * one endpoint to try, that nobody answered is told instead (cluster/retry/unanswered.ts). Programs between the hops take part when
 * they pass these two on, as they do with the headers of tracing.
 */
export const NO_RETRY = 'x-aya-no-retry';

/** How many attempts of it others made before this one. */
export function attemptsBefore(x: Exchange): number {
  const text = x.headers.getKnown(H['x-envoy-attempt-count']);
  if (text === undefined || !/^\d{1,4}$/.test(text)) return 0;
  return Math.max(0, Number(text) - 1);
}

/** Whether a response says that what can be repeated was. */
export function saysNoRetry(headers: HeaderList): boolean {
  return headers.has(NO_RETRY);
}
