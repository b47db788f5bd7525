import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom } from '../../../shared/struct/random.ts';
import { VirtualClock } from '../../../shared/time/virtual-clock.ts';
import { Wheel } from '../../../shared/time/wheel.ts';
import type { Exchange } from '../../../sidecar/core/exchange.ts';
import type { Filter, LocalReply } from '../../../sidecar/core/filter.ts';
import { RESPONSE_FLAG } from '../../../sidecar/core/outcome.ts';
import type { FaultRulePlan, HttpFaultPlan } from '../../../sidecar/core/plan/fault.ts';
import { FaultFilter } from '../../../sidecar/filter/fault.ts';
import { assignFaults } from '../../../sidecar/filter/fault-assignment.ts';
import { FaultTerm } from '../../../sidecar/filter/fault-term.ts';
import { type FaultSurroundings, shareOf } from '../../../sidecar/filter/injection.ts';
import { StatsCollector } from '../../../sidecar/telemetry/collect.ts';
import { exchangeOf, type RequestShape } from '../../support/exchange.ts';
import { prefix } from '../../support/route-plan.ts';

class Bench {
  readonly clock = new VirtualClock();
  readonly collector = new StatsCollector();
  readonly around: FaultSurroundings;

  constructor(random: Random = seededRandom(1), workers = 1, me = 0) {
    const { clock } = this;
    this.around = {
      stats: this.collector.own,
      wheel: new Wheel(clock),
      turn: {
        get now() {
          return clock.now();
        },
      },
      random,
      workers,
      me,
      term: new FaultTerm(),
    };
  }

  filter(plan: Partial<HttpFaultPlan>): FaultFilter {
    return new FaultFilter('envoy.filters.http.fault', faultPlan(plan), 'in', this.around);
  }

  count(name: string): number {
    const kind = name === 'active_faults' ? 'gauge' : 'counter';
    return this.collector.value(kind, 'http', 'in', `fault.${name}`);
  }

  labelled(name: string, fault?: string): number {
    const found = this.collector.samples().filter((each) => each.name === name && each.labels?.fault === fault);
    return found.reduce((sum, each) => sum + each.value, 0);
  }
}

const faultPlan = (plan: Partial<HttpFaultPlan>): HttpFaultPlan => ({
  delay: null,
  abort: null,
  headers: [],
  upstreamCluster: '',
  maxActive: 0xffff_ffff,
  ...plan,
});

const abort = (percent: number, status = 503, grpcStatus: number | null = null) => ({ percent, status, grpcStatus });
const delay = (percent: number, fixed = 100) => ({ percent, fixed });

/** Runs one request through a filter: what became of it, and when. */
class Passage {
  readonly x: Exchange;
  readonly proceed: (reply: LocalReply | null) => void;
  outcome: 'held' | 'passed' | LocalReply = 'held';

  constructor(filter: Filter, shape: RequestShape = {}, prepare: (x: Exchange) => void = () => {}) {
    this.x = exchangeOf(shape);
    prepare(this.x);
    this.proceed = (reply) => {
      assert.equal(this.outcome, 'held', 'proceeds once');
      this.outcome = reply ?? 'passed';
    };
    const verdict = filter.onRequest(this.x, this.proceed);
    if (verdict !== 'pause') this.outcome = verdict ?? 'passed';
  }

  get status(): number {
    return typeof this.outcome === 'object' ? this.outcome.status : 0;
  }
}

test('an abort answers with its status, the flag FI and nothing else', () => {
  const bench = new Bench();
  const filter = bench.filter({ abort: abort(100, 418) });
  const passage = new Passage(filter);
  assert.ok(typeof passage.outcome === 'object');
  assert.equal(passage.outcome.status, 418);
  assert.equal(passage.outcome.flags, RESPONSE_FLAG.FI);
  assert.equal(passage.outcome.detail, 'fault_filter_abort');
  assert.equal(passage.x.flags, 0);
  assert.equal(bench.count('aborts_injected'), 1);
  assert.equal(bench.count('active_faults'), 1);
  filter.onEnd(passage.x, passage.proceed);
  assert.equal(bench.count('active_faults'), 0);
});

test('an abort for gRPC brings its status', () => {
  const { outcome } = new Passage(new Bench().filter({ abort: abort(100, 200, 14) }));
  assert.equal(typeof outcome === 'object' && outcome.grpcStatus, 14);
});

test('a delay holds the request back and is active no longer than that', () => {
  const bench = new Bench();
  const passage = new Passage(bench.filter({ delay: delay(100, 100) }));
  assert.equal(passage.x.flags, RESPONSE_FLAG.DI);
  bench.clock.advance(90);
  assert.equal(passage.outcome, 'held');
  assert.equal(bench.count('active_faults'), 1);
  bench.clock.advance(20);
  assert.equal(passage.outcome, 'passed');
  assert.equal(bench.count('delays_injected'), 1);
  assert.equal(bench.count('active_faults'), 0);
});

test('an abort follows the delay', () => {
  const bench = new Bench();
  const passage = new Passage(bench.filter({ delay: delay(100, 50), abort: abort(100, 500) }));
  assert.equal(passage.outcome, 'held');
  bench.clock.advance(60);
  assert.equal(passage.status, 500);
  assert.equal(bench.count('aborts_injected'), 1);
  assert.equal(bench.count('active_faults'), 1);
});

test('a request that ends while it is delayed gives its place back and is never heard of again', () => {
  const bench = new Bench();
  const filter = bench.filter({ delay: delay(100) });
  const passage = new Passage(filter);
  filter.onEnd(passage.x, passage.proceed);
  assert.equal(bench.count('active_faults'), 0);
  bench.clock.advance(1000);
  assert.equal(passage.outcome, 'held');
  assert.equal(bench.around.wheel.running, 0);
});

test('delay and abort are drawn independently of each other', () => {
  const bench = new Bench();
  const filter = bench.filter({ delay: delay(50, 10), abort: abort(20) });
  const seen = { delayed: 0, aborted: 0, both: 0 };
  const total = 20_000;
  for (let at = 0; at < total; at += 1) {
    const passage = new Passage(filter);
    bench.clock.advance(20);
    const delayed = (passage.x.flags & RESPONSE_FLAG.DI) !== 0;
    if (delayed) seen.delayed += 1;
    if (passage.status > 0) seen.aborted += 1;
    if (delayed && passage.status > 0) seen.both += 1;
    filter.onEnd(passage.x, passage.proceed);
  }
  for (const [share, expected] of [
    [seen.delayed, 0.5],
    [seen.aborted, 0.2],
    [seen.both, 0.1],
  ] as const) {
    assert.ok(Math.abs(share / total - expected) < 0.015, `${share / total} instead of ${expected}`);
  }
});

test('only requests that meet all header conditions and the cluster are meant', () => {
  const exact = { kind: 'exact', value: 'x', ignoreCase: false } as const;
  const filter = new Bench().filter({
    abort: abort(100),
    headers: [{ name: 'user', test: exact, invert: false, missingAsEmpty: false }],
    upstreamCluster: 'cart',
  });
  const toCart = (x: Exchange): void => {
    x.cluster = 'cart';
  };
  assert.equal(new Passage(filter, { headers: ['User', 'x'] }, toCart).status, 503);
  assert.equal(new Passage(filter, { headers: ['User', 'y'] }, toCart).outcome, 'passed');
  assert.equal(new Passage(filter, { headers: ['User', 'x'] }).outcome, 'passed');
});

test('a route overrides the settings of the listener, also with none', () => {
  const bench = new Bench();
  const filter = bench.filter({ abort: abort(100, 500) });
  const with_ = (plan: Partial<HttpFaultPlan>) => {
    const config = { [filter.name]: faultPlan(plan) };
    return (x: Exchange): void => {
      x.filterConfig = config;
    };
  };
  assert.equal(new Passage(filter, {}, with_({ abort: abort(100, 404) })).status, 404);
  assert.equal(new Passage(filter, {}, with_({})).outcome, 'passed');
  const other = (x: Exchange): void => {
    x.filterConfig = { other: faultPlan({}) };
  };
  assert.equal(new Passage(filter, {}, other).status, 500);
});

test('more than maxActive faults at once are not injected but counted', () => {
  const bench = new Bench();
  const filter = bench.filter({ delay: delay(100), maxActive: 2 });
  const passages = [1, 2, 3].map(() => new Passage(filter));
  assert.deepEqual(
    passages.map((each) => each.outcome),
    ['held', 'held', 'passed'],
  );
  assert.equal(bench.count('faults_overflow'), 1);
  bench.clock.advance(200);
  assert.equal(new Passage(filter).outcome, 'held');
  assert.equal(new Passage(bench.filter({ abort: abort(100), maxActive: 0 })).outcome, 'passed');
});

test('the shares of the workers add up to the limit', () => {
  for (const limit of [0, 1, 2, 3, 10, 0xffff_ffff]) {
    for (const workers of [1, 2, 3, 8]) {
      const sum = Array.from({ length: workers }, (_, me) => shareOf(limit, workers, me)).reduce((a, b) => a + b);
      assert.equal(sum, limit);
    }
  }
});

const rule = (plan: Partial<FaultRulePlan>): FaultRulePlan => ({
  policy: 'shop/slow',
  match: [],
  delay: null,
  abort: null,
  at: 'attempt',
  maxActive: 0xffff_ffff,
  ...plan,
});

test('an assignment acts where its rules say: per request or per attempt', () => {
  const { around } = new Bench();
  const none = assignFaults({ service: 'cart.shop', rules: [] }, around);
  assert.deepEqual([none.perRequest, none.perAttempt], [null, null]);
  const both = assignFaults(
    {
      service: 'cart.shop',
      rules: [rule({ abort: abort(100, 500) }), rule({ abort: abort(100, 501), at: 'request' })],
    },
    around,
  );
  assert.equal(new Passage(both.perAttempt as Filter).status, 500);
  assert.equal(new Passage(both.perRequest as Filter).status, 501);
});

test('of an assignment the first delay and the first abort drawn are injected', () => {
  const bench = new Bench();
  const rules = [
    rule({ abort: abort(0, 500), policy: 'a' }),
    rule({ abort: abort(100, 501), policy: 'b' }),
    rule({ abort: abort(100, 502), delay: delay(100, 30), policy: 'c' }),
    rule({ delay: delay(100, 5000), policy: 'd' }),
  ];
  const filter = assignFaults({ service: 'cart.shop', rules }, bench.around).perAttempt as Filter;
  const passage = new Passage(filter);
  assert.equal(passage.outcome, 'held');
  bench.clock.advance(40);
  assert.equal(passage.status, 501);
  assert.equal(passage.x.flags, RESPONSE_FLAG.DI);
  assert.equal(bench.labelled('aya_faults_injected_total', 'abort'), 1);
  assert.equal(bench.labelled('aya_faults_injected_total', 'delay'), 1);
});

test('a rule with matches concerns requests that meet any of them', () => {
  const method = (value: string) => ({
    name: ':method',
    test: { kind: 'exact', value, ignoreCase: false } as const,
    invert: false,
    missingAsEmpty: false,
  });
  const match = [prefix('/buy', { headers: [method('POST')] }), prefix('/pay')];
  const bench = new Bench();
  const filter = assignFaults({ service: 's', rules: [rule({ match, abort: abort(100) })] }, bench.around).perAttempt;
  const outcome = (path: string, verb: string) => new Passage(filter as Filter, { path, method: verb }).status;
  assert.deepEqual([outcome('/buy/1', 'POST'), outcome('/buy/1', 'GET'), outcome('/pay', 'GET')], [503, 0, 503]);
});

test('each rule has its own limit, and attempts end one by one', () => {
  const bench = new Bench();
  const rules = [rule({ delay: delay(100, 50), maxActive: 1 })];
  const filter = assignFaults({ service: 's', rules }, bench.around).perAttempt as Filter;
  const first = new Passage(filter);
  assert.equal(new Passage(filter).outcome, 'passed');
  assert.equal(bench.labelled('aya_faults_overflow_total'), 1);
  filter.onEnd?.(first.x, first.proceed);
  assert.equal(new Passage(filter).outcome, 'held');
});

test('headers of the request say how long, and cannot raise the share', () => {
  const bench = new Bench();
  const byHeader = (percent: number) => bench.filter({ delay: { percent, fixed: 0, byHeader: true } });
  const asked = { headers: ['x-envoy-fault-delay-request', '50'] };
  assert.equal(new Passage(byHeader(100)).outcome, 'passed');
  const held = new Passage(byHeader(100), asked);
  assert.equal(held.outcome, 'held');
  bench.clock.advance(60);
  assert.equal(held.outcome, 'passed');
  const none = { headers: [...asked.headers, 'x-envoy-fault-delay-request-percentage', '0'] };
  assert.equal(new Passage(byHeader(100), none).outcome, 'passed');
  const more = { headers: [...asked.headers, 'x-envoy-fault-delay-request-percentage', '100'] };
  assert.equal(new Passage(byHeader(0), more).outcome, 'passed');
  const nonsense = { headers: ['x-envoy-fault-delay-request', '-1'] };
  assert.equal(new Passage(byHeader(100), nonsense).outcome, 'passed');
});

test('headers of the request say which status, for HTTP and gRPC', () => {
  const filter = new Bench().filter({ abort: { ...abort(100), byHeader: true } });
  assert.equal(new Passage(filter).outcome, 'passed');
  assert.equal(new Passage(filter, { headers: ['x-envoy-fault-abort-request', '429'] }).status, 429);
  assert.equal(new Passage(filter, { headers: ['x-envoy-fault-abort-request', '99'] }).outcome, 'passed');
  const { outcome } = new Passage(filter, { headers: ['x-envoy-fault-abort-grpc-request', '8'] });
  assert.equal(typeof outcome === 'object' && outcome.grpcStatus, 8);
});

test('a limited response rate stands on the way of every attempt', () => {
  const bench = new Bench();
  const own = bench.filter({ rate: { percent: 100, bytesPerSecond: 1024, byHeader: false } });
  assert.notEqual(new Passage(own).x.detour, null);
  assert.equal(bench.count('response_rl_injected'), 1);
  const byHeader = bench.filter({ rate: { percent: 100, bytesPerSecond: 0, byHeader: true } });
  assert.equal(new Passage(byHeader).x.detour, null);
  const asked = { headers: ['x-envoy-fault-throughput-response', '1'] };
  assert.notEqual(new Passage(byHeader, asked).x.detour, null);
});

test('what a seed draws does not depend on other traffic', () => {
  const rule: FaultRulePlan = {
    policy: 'shop/half',
    match: [],
    delay: null,
    abort: abort(50),
    at: 'attempt',
    maxActive: 1000,
    seed: 7,
  };
  const run = (): string => {
    const { perAttempt } = assignFaults({ service: 'cart', rules: [rule] }, new Bench(Math.random).around);
    return Array.from({ length: 40 }, () => (new Passage(perAttempt as Filter).status === 503 ? 'x' : '.')).join('');
  };
  assert.equal(run(), run());
  assert.match(run(), /x.*\..*x/);
});
