import type { RetryPolicy } from '../cluster/retry/policy.ts';
import type { Exchange } from '../core/exchange.ts';
import type { HttpManagerPlan } from '../core/plan/http-manager.ts';
import type { RouteEntry } from '../route/table.ts';
import { type Deadline, grpcTimeout } from './deadline.ts';
import { overridden, takeOverrides } from './overrides.ts';

/** On what terms one request is forwarded: the route's (an entry is its own terms), or what a caller that is trusted asks for. */
export interface Terms {
  readonly retry: RetryPolicy | null;
  /** Ms from the end of the request; 0 = no limit. */
  readonly timeout: number;
  /** x-envoy-expected-rq-timeout-ms of the first attempt; '' = none. */
  readonly expectedTimeout: string;
}

/** The terms of a request; tells `deadline` of limits that count from its beginning. */
export function termsOf(x: Exchange, entry: RouteEntry, manager: HttpManagerPlan, deadline: Deadline): Terms {
  deadline.ofStream(entry.maxStreamDuration);
  const overrides = takeOverrides(x, manager);
  const asked = entry.grpcTimeoutMax === null ? 0 : grpcTimeout(x);
  if (overrides === null && asked === 0) return entry;
  let timeout = overrides === null || overrides.timeout < 0 ? entry.timeout : overrides.timeout;
  if (asked > 0) {
    // It takes the place of the route's own.
    timeout = 0;
    deadline.ofStream(entry.grpcTimeoutMax ? Math.min(asked, entry.grpcTimeoutMax) : asked);
  }
  const retry = overrides === null ? entry.retry : overridden(entry.retry, overrides, timeout);
  const least = Math.min(timeout || Number.POSITIVE_INFINITY, retry?.perTryTimeout || Number.POSITIVE_INFINITY);
  return { retry, timeout, expectedTimeout: least === Number.POSITIVE_INFINITY ? '' : String(least) };
}
