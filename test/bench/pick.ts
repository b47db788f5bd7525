/**
 * Ns per operation of picking, observing and limiting; by hand: `npm run bench:micro`. One thread, by mitata, medians. What has a goal is
 * held against it, and the program ends with 1 when one is missed: among 1,000 endpoints two choices and hashes pick within 300 ns, and
 * everything that is kept of one request (limits, retry budget, breaker, timer of the attempt, outlier detection, latency) takes at most
 * 1.5 us.
 */
import process from 'node:process';
import { measure as time } from 'mitata';
import { systemRandom } from '../../shared/struct/random.ts';
import { xxHash64 } from '../../shared/struct/xx-hash.ts';
import { systemClock } from '../../shared/time/clock.ts';
import { Wheel, WheelTimer } from '../../shared/time/wheel.ts';
import { Cluster } from '../../sidecar/cluster/cluster.ts';
import { OBSERVED } from '../../sidecar/cluster/outlier/observation.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import type { ClusterPlan } from '../../sidecar/core/plan/cluster.ts';
import { Turn } from '../../sidecar/core/turn.ts';
import { setFlag } from '../../sidecar/worker/availability.ts';
import { errorRatePlan } from '../support/breaker.ts';
import { clusterPlan, endpointsPlan, outlierPlan, slotTable, surroundings, unlimited } from '../support/cluster.ts';

const leastRequest = { kind: 'least-request', choices: 2, bias: 1, fullScan: false } as const;
const unbounded = { byHostname: false, balanceFactor: 0 };
const peakEwma = { kind: 'peak-ewma', decay: 10_000, initial: 30, failure: 5_000 } as const;
/** Ns that a pick among 1,000 may take: of two choices and of hashes. */
const PICK = 300;
/** Ns for all that is kept of one request. */
const BOOKS = 1_500;
const policies: readonly [string, ClusterPlan['balancer'], goal?: number][] = [
  ['round robin', { kind: 'round-robin' }],
  ['random', { kind: 'random' }],
  ['least request', leastRequest, PICK],
  ['least request of 4', { ...leastRequest, choices: 4 }],
  ['peak EWMA', peakEwma, PICK],
  ['least response time', { ...peakEwma, kind: 'least-response-time' }, PICK],
  ['least bandwidth', { kind: 'least-bandwidth', decay: 1_000 }, PICK],
  ['ring hash', { kind: 'ring-hash', hash: 'xx', minSize: 1024, maxSize: 4096, ...unbounded }, PICK],
  ['Maglev', { kind: 'maglev', tableSize: 65_537, ...unbounded }, PICK],
  ['Maglev, bounded', { kind: 'maglev', tableSize: 65_537, byHostname: false, balanceFactor: 150 }, PICK],
];
const hashes = Array.from({ length: 1024 }, (_, user) => xxHash64(`user-${user}`));
let asked = 0;
const nextHash = (): (typeof hashes)[number] | null => hashes[(asked += 1) & 1023] ?? null;
const turn = new Turn(systemClock);
turn.enter();

/** What one measurement may take, ns of CPU time: there are many of them. */
const EACH = { min_cpu_time: 100e6, min_samples: 32 } as const;

/** Median ns of one run of `work`. */
async function measure(work: () => void): Promise<number> {
  return (await time(work, EACH)).p50;
}

function clusterWith(balancer: ClusterPlan['balancer'], size: number, weighted: boolean, workers: number): Cluster {
  const weights = Array.from({ length: size }, (_, index) => (weighted ? 1 + (index % 5) : 1));
  const around = surroundings({ random: systemRandom, now: () => turn.now, slots: slotTable(size + 1, workers) });
  const plan = clusterPlan({ balancer, outlier: outlierPlan(), limits: { ...unlimited, maxRequests: 1024 } });
  return Cluster.create(plan, around).withEndpoints(endpointsPlan(weights)).cluster;
}

let missed = 0;
function show(name: string, ns: number, goal?: number): void {
  const holds = goal === undefined || ns <= goal;
  if (!holds) missed += 1;
  const verdict = goal === undefined ? '' : `  goal ${goal} ${holds ? 'holds' : 'MISSES'}`;
  console.log(`${name.padEnd(58)} ${ns.toFixed(1).padStart(9)} ns${verdict}`);
}

/** All that is kept of one request with one attempt, with everything on that a policy can ask for; the pick is not part of it. */
async function booksOf(workers: number): Promise<number> {
  const around = surroundings({ random: systemRandom, now: () => turn.now, slots: slotTable(1001, workers) });
  const budget = { percent: 20, minPerSecond: 10, interval: 10_000 };
  const plan = clusterPlan({
    balancer: peakEwma,
    outlier: outlierPlan(),
    breaker: errorRatePlan({ per: 'endpoint' }),
    maxRequestsPerEndpoint: 1024,
    limits: { ...unlimited, maxRequests: 1024, retryBudget: budget },
  });
  const { limits, set } = Cluster.create(plan, around).withEndpoints(endpointsPlan(new Array(1000).fill(1))).cluster;
  const wheel = new Wheel(systemClock);
  // A worker under load has always some timer running.
  const other = new WheelTimer(() => {});
  wheel.start(other, 60_000, turn.now);
  const headers = HeaderList.of();
  let at = 0;
  let now = turn.now;
  const ns = await measure(() => {
    const endpoint = set.endpoints[at];
    at = (at + 1) % 1000;
    now += 0.02;
    if (!endpoint || !limits.beginRequest(now)) return;
    if (endpoint.gate?.closed === true && endpoint.begin()) {
      const timer = new WheelTimer(() => endpoint.end());
      wheel.start(timer, 250, now);
      wheel.stop(timer);
      endpoint.observed(OBSERVED.success, 1.5);
      endpoint.meter?.head(200, headers, 1.5, now);
      endpoint.end();
    }
    limits.endRequest();
  });
  wheel.stop(other);
  return ns;
}

for (const workers of [1, 4]) {
  for (const size of [3, 1000]) {
    for (const weighted of [false, true]) {
      for (const [name, balancer, goal] of policies) {
        const cluster = clusterWith(balancer, size, weighted, workers);
        const ns = await measure(() => cluster.pick(null, 0, nextHash()));
        const words = `pick: ${name}, ${size} endpoints${weighted ? ', weighted' : ''}, ${workers} worker(s)`;
        show(words, ns, size === 1000 ? goal : undefined);
      }
    }
  }
  const cluster = clusterWith(leastRequest, 3, false, workers);
  const [endpoint] = cluster.set.endpoints;
  if (!endpoint) throw new Error('no endpoint');
  show(`hash of a user name`, await measure(() => xxHash64('user-4711')));
  show(
    `begin, observed, end of one attempt, ${workers} worker(s)`,
    await measure(() => {
      endpoint.begin();
      endpoint.observed(OBSERVED.success, 1.5);
      endpoint.end();
    }),
  );
  show(`books of one request: all together, ${workers} worker(s)`, await booksOf(workers), BOOKS);
  show(
    `limits of one request, ${workers} worker(s)`,
    await measure(() => {
      cluster.limits.beginRequest(0);
      cluster.limits.endRequest();
    }),
  );
}

for (const [size, name, balancer] of [
  [3, 'least request', leastRequest],
  [1000, 'least request', leastRequest],
  [10_000, 'least request', leastRequest],
  [1000, 'ring hash of 4096', { kind: 'ring-hash', hash: 'xx', minSize: 4096, maxSize: 4096, ...unbounded }],
  [1000, 'Maglev', { kind: 'maglev', tableSize: 65_537, ...unbounded }],
] as const) {
  const cluster = clusterWith(balancer, size, true, 1);
  const [endpoint] = cluster.set.endpoints;
  if (!endpoint) throw new Error('no endpoint');
  let on = false;
  const ns = await measure(() => {
    on = !on;
    setFlag(endpoint.slot, cluster.limits.slot, 'ejected', on);
    cluster.pick(null, 0);
  });
  show(`first pick after an ejection: ${name}, ${size} endpoints, weighted`, ns);
}
process.exit(missed === 0 ? 0 : 1);
