import { isRetryWord } from '../cluster/retry/condition.ts';
import { RetryPolicy } from '../cluster/retry/policy.ts';
import type { Exchange } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';
import { SPAN } from '../core/headers.ts';
import type { HttpManagerPlan } from '../core/plan/http-manager.ts';
import type { RetryPlan } from '../core/plan/route.ts';
import { trusts } from '../filter/forwarded.ts';

type Trusting = Pick<HttpManagerPlan, 'useRemoteAddress' | 'xffTrustedHops'>;

const PREFIX = 'x-envoy-';
const NAMES = [
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'x-envoy-max-retries',
  'x-envoy-retriable-status-codes',
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-hedge-on-per-try-timeout',
] as const;

/** What a caller asks for in place of the route's settings. */
export interface Overrides {
  /** Words besides those of the route; '' = none. */
  readonly on: string;
  /** -1 = as the route says. */
  readonly attempts: number;
  readonly codes: readonly number[];
  /** Ms, 0 = none, -1 = as the route says. */
  readonly timeout: number;
  readonly perTry: number;
  readonly hedge: boolean;
}

/**
 * Takes the headers by which a caller overrides retries and timeouts out of the request, since they are meant for this hop
 * alone. Null when there are none, or the caller is not trusted. Source: Envoy's router filter, "HTTP headers (consumed)".
 */
export function takeOverrides(x: Exchange, manager: Trusting): Overrides | null {
  const { headers } = x;
  if (!mayHave(headers)) return null;
  const values = NAMES.map((name) => headers.get(name));
  if (values.every((each) => each === undefined)) return null;
  for (const name of NAMES) headers.remove(name);
  if (!trusts(x, manager)) return null;
  const [on = '', grpcOn = '', attempts, codes = '', timeout, perTry, hedge] = values;
  return {
    on: [on, grpcOn].filter((each) => each !== '').join(','),
    attempts: wholeOf(attempts),
    codes: codes
      .split(',')
      .map(wholeOf)
      .filter((each) => each >= 100 && each <= 599),
    timeout: wholeOf(timeout),
    perTry: wholeOf(perTry),
    hedge: hedge === 'true',
  };
}

/** The route's policy as the caller changes it; null = no attempt is repeated or limited. */
export function overridden(policy: RetryPolicy | null, overrides: Overrides, timeout: number): RetryPolicy | null {
  const base = policy === null ? NO_RETRIES : policy.plan;
  const asked = overrides.on.split(',').map((each) => each.trim());
  const on = [...base.on, ...asked.filter(isRetryWord)];
  const perTry = overrides.perTry >= 0 ? overrides.perTry : base.perTryTimeout;
  const plan: RetryPlan = {
    ...base,
    on,
    attempts: overrides.attempts >= 0 ? overrides.attempts : base.attempts,
    statusCodes: [...base.statusCodes, ...overrides.codes],
    // One that outlasts the whole limits nothing (Envoy).
    perTryTimeout: timeout > 0 && perTry >= timeout ? 0 : perTry,
  };
  const hedged = overrides.hedge ? { ...plan, hedgeAfter: plan.perTryTimeout } : plan;
  return on.length === 0 && plan.perTryTimeout === 0 ? null : new RetryPolicy(hedged, policy?.retriableHeaders ?? null);
}

/** Envoy's defaults, for a route without a policy. */
const NO_RETRIES: RetryPlan = {
  attempts: 1,
  on: [],
  statusCodes: [],
  perTryTimeout: 0,
  backoffBase: 25,
  backoffMax: 250,
  avoidTried: false,
  hostSelectionAttempts: 1,
  classes: false,
  nonIdempotent: false,
};

/** Whether any header begins with `x-envoy-` and is none that every request may have; hardly ever, so this has to be quick. */
function mayHave(headers: HeaderList): boolean {
  const { pairs, raw, spans } = headers;
  for (let at = 0; at < spans.length; at += SPAN) {
    if (spans[at + 4] !== 0) continue;
    const start = spans[at] as number;
    if ((spans[at + 1] as number) - start < 16 || (raw.charCodeAt(start) | 32) !== 120) continue;
    if (raw.slice(start, start + PREFIX.length).toLowerCase() === PREFIX) return true;
  }
  if (pairs === null) return false;
  for (let at = 0; at < pairs.length; at += 2) if ((pairs[at] as string).startsWith(PREFIX)) return true;
  return false;
}

function wholeOf(text: string | undefined): number {
  return text !== undefined && /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : -1;
}
