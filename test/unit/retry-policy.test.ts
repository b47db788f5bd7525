import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../shared/struct/random.ts';
import { RetryPolicy } from '../../sidecar/cluster/retry/policy.ts';
import { Exchange, type ServerStream } from '../../sidecar/core/exchange.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { FAILURE, type Failure } from '../../sidecar/core/outcome.ts';
import type { RetryPlan } from '../../sidecar/core/plan/route.ts';
import { retryPlan } from '../support/cluster.ts';

const request = (method: string, ...headers: string[]): Exchange =>
  new Exchange({} as ServerStream, 11, method, 'http', 'cart', '/', HeaderList.of(...headers), 0, 0);
const none = HeaderList.of();
const injected: Failure = { ...FAILURE.reset, kind: 'injected', status: 503 };

/** The failures by short names; a trailing `!` = after a byte of the request was sent. */
const failures: Readonly<Record<string, [Failure, boolean]>> = {
  'no-host': [FAILURE.noHost, false],
  overflow: [FAILURE.overflow, false],
  timeout: [FAILURE.timeout, true],
  connect: [FAILURE.connect, false],
  'connect-timeout': [FAILURE.connectTimeout, false],
  reset: [FAILURE.reset, false],
  'reset!': [FAILURE.reset, true],
  'protocol!': [FAILURE.protocol, true],
  'per-try': [FAILURE.perTryTimeout, false],
  'per-try!': [FAILURE.perTryTimeout, true],
};
const everyFailure = Object.keys(failures);
const broken = 'connect connect-timeout reset reset! protocol! per-try per-try!';
const unsent = 'connect connect-timeout reset per-try';

/** Which failures a policy retries for a request. */
function retried(plan: Partial<RetryPlan>, x: Exchange): string {
  const policy = new RetryPolicy(retryPlan(plan));
  return everyFailure
    .filter((name) => {
      const [failure, sent] = failures[name] ?? [FAILURE.timeout, true];
      return policy.retryFailure(x, failure, sent);
    })
    .join(' ');
}

// Envoy: the method never matters.
const envoy: readonly [string, string][] = [
  ['5xx', broken],
  ['gateway-error', broken],
  ['reset', broken],
  ['reset-before-request', unsent],
  ['connect-failure', 'connect connect-timeout'],
  ['connect-failure,reset-before-request', unsent],
  ['refused-stream', ''],
  ['retriable-4xx,retriable-status-codes,envoy-ratelimited,unavailable', ''],
  ['http3-post-connect-failure', ''],
  ['', ''],
];
for (const [on, expected] of envoy) {
  test(`retry_on "${on}" by Envoy retries: ${expected || 'no failure'}`, () => {
    for (const method of ['GET', 'POST', 'BREW']) {
      assert.equal(retried({ on: on.split(',') }, request(method)), expected);
    }
  });
}

// Aya: what never reached the endpoint may be repeated with any method, all else only where that is safe.
const safe = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'];
const unsafe = ['POST', 'PATCH', 'CONNECT', 'get', 'BREW'];
const classes: readonly [string, string, string][] = [
  ['connect-failure,reset', broken, unsent],
  ['5xx', broken, unsent],
  ['gateway-error', broken, unsent],
  ['connect-failure', unsent, unsent],
  ['reset-before-request', unsent, unsent],
  ['refused-stream', unsent, unsent],
  ['retriable-4xx', '', ''],
];
for (const [on, forSafe, forUnsafe] of classes) {
  test(`"${on}" by Aya's classes retries ${forSafe || 'nothing'}; for POST ${forUnsafe || 'nothing'}`, () => {
    const plan = { on: on.split(','), classes: true };
    for (const method of safe) assert.equal(retried(plan, request(method)), forSafe, method);
    for (const method of unsafe) assert.equal(retried(plan, request(method)), forUnsafe, method);
    assert.equal(retried(plan, request('POST', 'idempotency-key', '"7"')), forSafe, 'with Idempotency-Key');
    assert.equal(retried({ ...plan, nonIdempotent: true }, request('POST')), forSafe, 'with nonIdempotent');
  });
}

const statuses: readonly [Partial<RetryPlan>, number[]][] = [
  [{ on: ['5xx'] }, [500, 501, 502, 503, 504, 599]],
  [{ on: ['gateway-error'] }, [502, 503, 504]],
  [{ on: ['retriable-4xx'] }, [409]],
  [{ on: ['retriable-status-codes'], statusCodes: [404, 429, 503] }, [404, 429, 503]],
  [{ on: ['reset'], statusCodes: [404] }, []],
  [{ on: ['connect-failure', 'reset', 'refused-stream'] }, []],
];
for (const [plan, expected] of statuses) {
  test(`statuses that ${plan.on} retries: ${expected.join(' ') || 'none'}`, () => {
    const all = [100, 200, 404, 409, 429, 500, 501, 502, 503, 504, 599];
    const byEnvoy = new RetryPolicy(retryPlan(plan));
    const byClass = new RetryPolicy(retryPlan({ ...plan, classes: true }));
    const list = (policy: RetryPolicy, method: string): number[] =>
      all.filter((status) => policy.retryStatus(request(method), status, none));
    assert.deepEqual(list(byEnvoy, 'POST'), expected);
    assert.deepEqual(list(byClass, 'GET'), expected);
    assert.deepEqual(list(byClass, 'POST'), []);
  });
}

test('a rate-limited answer is retried only when the policy says so', () => {
  const limited = HeaderList.of('x-envoy-ratelimited', 'true');
  const retries = (...on: string[]): boolean =>
    new RetryPolicy(retryPlan({ on })).retryStatus(request('GET'), 503, limited);
  assert.deepEqual(
    [retries('5xx'), retries('envoy-ratelimited'), retries('5xx', 'envoy-ratelimited')],
    [false, true, true],
  );
});

test('gRPC conditions look at the status in the response head', () => {
  const words = { cancelled: 1, 'deadline-exceeded': 4, 'resource-exhausted': 8, internal: 13, unavailable: 14 };
  for (const [word, code] of Object.entries(words)) {
    const policy = new RetryPolicy(retryPlan({ on: [word] }));
    const met = Array.from({ length: 17 }, (_, status) => status).filter((status) =>
      policy.retryStatus(request('POST'), 200, HeaderList.of('grpc-status', String(status))),
    );
    assert.deepEqual(met, [code], word);
    assert.equal(policy.retryStatus(request('POST'), 200, none), false);
  }
});

test('an injected failure counts as an answer of its status that was never sent', () => {
  const retries = (plan: Partial<RetryPlan>): boolean =>
    new RetryPolicy(retryPlan(plan)).retryFailure(request('POST'), injected, false);
  assert.equal(retries({ on: ['5xx'] }), true);
  assert.equal(retries({ on: ['5xx'], classes: true }), true);
  assert.equal(retries({ on: ['connect-failure'], classes: true }), false);
});

test('the back-off is even below a ceiling that doubles, up to its maximum', () => {
  const policy = new RetryPolicy(retryPlan({ backoffBase: 25, backoffMax: 250 }));
  const highest = (retry: number): number => policy.backoff(retry, () => 1 - Number.EPSILON);
  assert.deepEqual([1, 2, 3, 4, 5, 100].map(highest).map(Math.round), [25, 75, 175, 250, 250, 250]);
  const random = seededRandom(29);
  const waits = Array.from({ length: 4000 }, () => policy.backoff(2, random));
  const mean = waits.reduce((left, right) => left + right, 0) / waits.length;
  assert.ok(Math.min(...waits) < 2 && Math.max(...waits) > 73 && Math.abs(mean - 37.5) < 1.5);
});
