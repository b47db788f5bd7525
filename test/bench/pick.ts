/** Ns per operation of picking, observing and limiting; by hand: `node test/bench/pick.ts`. One thread, median of 7. */
import process from 'node:process';
import { systemRandom } from '../../shared/struct/random.ts';
import { xxHash64 } from '../../shared/struct/xx-hash.ts';
import { systemClock } from '../../shared/time/clock.ts';
import { Cluster } from '../../sidecar/cluster/cluster.ts';
import { OBSERVED } from '../../sidecar/cluster/outlier/observation.ts';
import type { ClusterPlan } from '../../sidecar/core/plan/cluster.ts';
import { Turn } from '../../sidecar/core/turn.ts';
import { setFlag } from '../../sidecar/worker/availability.ts';
import { clusterPlan, endpointsPlan, outlierPlan, slotTable, surroundings, unlimited } from '../support/cluster.ts';

const leastRequest = { kind: 'least-request', choices: 2, bias: 1, fullScan: false } as const;
const unbounded = { byHostname: false, balanceFactor: 0 };
const policies: readonly [string, ClusterPlan['balancer']][] = [
  ['round robin', { kind: 'round-robin' }],
  ['random', { kind: 'random' }],
  ['least request', leastRequest],
  ['least request of 4', { ...leastRequest, choices: 4 }],
  ['peak EWMA', { kind: 'peak-ewma', decay: 10_000, initial: 30, failure: 5_000 }],
  ['least response time', { kind: 'least-response-time', decay: 10_000, initial: 30, failure: 5_000 }],
  ['least bandwidth', { kind: 'least-bandwidth', decay: 1_000 }],
  ['ring hash', { kind: 'ring-hash', hash: 'xx', minSize: 1024, maxSize: 4096, ...unbounded }],
  ['Maglev', { kind: 'maglev', tableSize: 65_537, ...unbounded }],
  ['Maglev, bounded', { kind: 'maglev', tableSize: 65_537, byHostname: false, balanceFactor: 150 }],
];
const hash = xxHash64('user-4711');
const turn = new Turn(systemClock);
turn.enter();

/** Median ns of one of `count` runs of `work`. */
function measure(count: number, work: () => void): number {
  const runs = Array.from({ length: 7 }, () => {
    const start = process.hrtime.bigint();
    for (let at = 0; at < count; at += 1) work();
    return Number(process.hrtime.bigint() - start) / count;
  }).sort((left, right) => left - right);
  return runs[3] ?? 0;
}

function clusterWith(balancer: ClusterPlan['balancer'], size: number, weighted: boolean, workers: number): Cluster {
  const weights = Array.from({ length: size }, (_, index) => (weighted ? 1 + (index % 5) : 1));
  const around = surroundings({ random: systemRandom, now: () => turn.now, slots: slotTable(size + 1, workers) });
  const plan = clusterPlan({ balancer, outlier: outlierPlan(), limits: { ...unlimited, maxRequests: 1024 } });
  return Cluster.create(plan, around).withEndpoints(endpointsPlan(weights)).cluster;
}

const show = (name: string, ns: number): void => console.log(`${name.padEnd(58)} ${ns.toFixed(1).padStart(9)} ns`);

for (const workers of [1, 4]) {
  for (const size of [3, 1000]) {
    for (const weighted of [false, true]) {
      for (const [name, balancer] of policies) {
        const cluster = clusterWith(balancer, size, weighted, workers);
        const ns = measure(300_000, () => cluster.pick(null, 0, hash));
        show(`pick: ${name}, ${size} endpoints${weighted ? ', weighted' : ''}, ${workers} worker(s)`, ns);
      }
    }
  }
  const cluster = clusterWith(leastRequest, 3, false, workers);
  const [endpoint] = cluster.set.endpoints;
  if (!endpoint) throw new Error('no endpoint');
  show(
    `hash of a user name`,
    measure(300_000, () => xxHash64('user-4711')),
  );
  show(
    `begin, observed, end of one attempt, ${workers} worker(s)`,
    measure(300_000, () => {
      endpoint.begin();
      endpoint.observed(OBSERVED.success, 1.5);
      endpoint.end();
    }),
  );
  show(
    `limits of one request, ${workers} worker(s)`,
    measure(300_000, () => {
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
  const ns = measure(100, () => {
    on = !on;
    setFlag(endpoint.slot, cluster.limits.slot, 'ejected', on);
    cluster.pick(null, 0);
  });
  show(`first pick after an ejection: ${name}, ${size} endpoints, weighted`, ns);
}
