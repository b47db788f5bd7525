import type { Exchange } from '../core/exchange.ts';
import { H } from '../core/headers.ts';
import type { RouteEntry } from '../route/table.ts';
import { grpcTimeoutText } from './deadline.ts';
import type { Repeats } from './repeats.ts';
import type { Terms } from './terms.ts';

const GRPC_TIMEOUT = H['grpc-timeout'];
const EXPECTED_TIMEOUT = H['x-envoy-expected-rq-timeout-ms'];

/** Tells the next hop which attempt this is, and how long there is for it. `now` is monotonic. */
export function stampAttempt(x: Exchange, entry: RouteEntry, terms: Terms, repeats: Repeats, now: number): void {
  const { headers } = x;
  // One that did nothing with it does not count (gRFC A6).
  const attempt = repeats.repeatedRefused ? x.attempts - 1 : x.attempts;
  const told = repeats.before > 0 || (attempt > 1 && repeats.policy !== null && repeats.policy.classes);
  if (told || entry.includeAttemptCount) headers.set('x-envoy-attempt-count', String(attempt + repeats.before));
  if (entry.grpcTimeoutMax !== null && x.deadline > 0 && headers.getKnown(GRPC_TIMEOUT) !== undefined) {
    headers.set('grpc-timeout', grpcTimeoutText(x.deadline - now));
  }
  if (terms.expectedTimeout === '') return;
  if (repeats.count === 0) headers.removeKnown(EXPECTED_TIMEOUT);
  else headers.remove('x-envoy-expected-rq-timeout-ms');
  headers.add('x-envoy-expected-rq-timeout-ms', expectedTimeout(x, terms, repeats, now));
}

/** What is left of the timeout, or that of one attempt. */
function expectedTimeout({ deadline }: Exchange, terms: Terms, { count, policy }: Repeats, now: number): string {
  if (count === 0 || deadline === 0) return terms.expectedTimeout;
  const left = Math.max(1, Math.round(deadline - now));
  return String(policy !== null && policy.perTryTimeout > 0 ? Math.min(left, policy.perTryTimeout) : left);
}
