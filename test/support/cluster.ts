import type { Hash64 } from '../../shared/struct/hash64.ts';
import { type Random, seededRandom } from '../../shared/struct/random.ts';
import { buildPicker } from '../../sidecar/cluster/balancer/build.ts';
import { Cluster, type ClusterSurroundings } from '../../sidecar/cluster/cluster.ts';
import type { LiveEndpoint } from '../../sidecar/cluster/live-endpoint.ts';
import type { BalancerPlan, LocalityPlan } from '../../sidecar/core/plan/balancer.ts';
import type { ClusterPlan, EndpointsPlan, LimitsPlan, OutlierPlan } from '../../sidecar/core/plan/cluster.ts';
import type { RetryPlan } from '../../sidecar/core/plan/route.ts';
import type { Dial, Pool } from '../../sidecar/core/pool.ts';
import { pageBytes, SlotTable } from '../../sidecar/core/slots.ts';

export const unlimited: LimitsPlan = {
  maxConnections: 1_000_000,
  maxPendingRequests: 1_000_000,
  maxRequests: 1_000_000,
  maxRetries: 1_000_000,
  maxConnectionsPerEndpoint: 1_000_000,
  trackRemaining: false,
  envoyRetryBudget: null,
  retryBudget: null,
};

/** Envoy's defaults but for the percentages, which let ejections happen. */
export function outlierPlan(over: Partial<OutlierPlan> = {}): OutlierPlan {
  return {
    consecutive5xx: 5,
    enforcingConsecutive5xx: 100,
    consecutiveGatewayFailure: 5,
    enforcingConsecutiveGatewayFailure: 0,
    splitLocalOrigin: false,
    consecutiveLocalOriginFailure: 5,
    enforcingConsecutiveLocalOriginFailure: 100,
    interval: 10_000,
    baseEjectionTime: 30_000,
    maxEjectionTime: 300_000,
    maxEjectionTimeJitter: 0,
    maxEjectionPercent: 100,
    alwaysEjectOne: false,
    neverEjectAll: false,
    successRate: { minimumHosts: 5, requestVolume: 100, stdevFactor: 1900, enforcing: 100, enforcingLocalOrigin: 100 },
    failurePercentage: { threshold: 85, minimumHosts: 5, requestVolume: 50, enforcing: 0, enforcingLocalOrigin: 0 },
    passedCheckReturns: true,
    ...over,
  };
}

/** Slot 0 is the cluster's. */
export function clusterPlan(over: Partial<ClusterPlan> = {}): ClusterPlan {
  return {
    name: 'cart',
    statName: 'cart',
    endpoints: 'cart',
    slot: 0,
    highSlot: 1023,
    balancer: { kind: 'round-robin' },
    slowStart: null,
    locality: { kind: 'none' },
    subsets: null,
    panicThreshold: 0,
    connectTimeout: 1000,
    limits: unlimited,
    highLimits: unlimited,
    maxRequestsPerEndpoint: 0,
    breaker: null,
    outlier: null,
    healthCheck: null,
    idleTimeout: 60_000,
    maxRequestsPerConnection: 0,
    protocol: 'http1',
    http2: null,
    tls: null,
    service: 'cart',
    ...over,
  };
}

/** The locality of endpoints that name none. */
export const nowhere: LocalityPlan = { region: '', zone: '', subZone: '', weight: 0 };

/** Endpoint i: 10.0.0.i:80 in slot `first` + i. */
export function endpointsPlan(
  weights: readonly number[],
  priorities: readonly number[] = [],
  first = 1,
): EndpointsPlan {
  return {
    name: 'cart',
    addresses: weights.map((_, index) => `10.0.${index >> 8}.${index & 255}`),
    ports: weights.map(() => 80),
    slots: weights.map((_, index) => first + index),
    weights,
    priorities: weights.map((_, index) => priorities[index] ?? 0),
    hostnames: weights.map(() => ''),
    locality: weights.map(() => 0),
    localities: [nowhere],
  };
}

export function retryPlan(over: Partial<RetryPlan> = {}): RetryPlan {
  return {
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
    ...over,
  };
}

/** A table with room for `slots` slots, as worker 0 of `workers` sees it. */
export function slotTable(slots = 1024, workers = 1): SlotTable {
  const table = new SlotTable(workers, 0);
  for (let page = 0; page < Math.ceil(slots / 1024); page += 1) {
    table.addPage(new SharedArrayBuffer(pageBytes(workers)));
  }
  return table;
}

/** A pool that only remembers whether it was drained. */
export class IdlePool implements Pool {
  drained = false;
  lease(): void {}
  abandon(): void {}
  dial(): Dial {
    return { cancel() {} };
  }
  drain(): void {
    this.drained = true;
  }
}

export function surroundings(over: Partial<ClusterSurroundings> = {}): ClusterSurroundings {
  return {
    slots: slotTable(),
    pool: () => new IdlePool(),
    report: () => {},
    random: seededRandom(1),
    now: () => 0,
    probe: () => {},
    ...over,
  };
}

/** Live endpoints of these weights, and the cluster that holds them. */
export function clusterOf(
  plan: ClusterPlan,
  weights: readonly number[],
  random: Random = seededRandom(1),
  now: () => number = () => 0,
): { cluster: Cluster; endpoints: readonly LiveEndpoint[] } {
  const around = surroundings({ random, now, slots: slotTable(weights.length + 1) });
  const { cluster } = Cluster.create(plan, around).withEndpoints(endpointsPlan(weights));
  return { cluster, endpoints: cluster.set.endpoints };
}

/** The picker of a policy over endpoints of these weights, theirs unless told; null without endpoints. */
export function pickerOf(
  policy: BalancerPlan,
  endpoints: readonly LiveEndpoint[],
  random: Random,
  weights = endpoints.map((each) => each.weight),
): { pick(random: Random, hash?: Hash64 | null, attempt?: number): LiveEndpoint } | null {
  if (endpoints.length === 0) return null;
  const active = (): number => endpoints.reduce((sum, each) => sum + each.active(), 1);
  const around = { random, now: () => 0, active, probe: () => {} };
  const picker = buildPicker(policy, { endpoints, weights, moving: false }, around);
  return { pick: (draw, hash = null, attempt = 0) => picker.pick(draw, hash, attempt) };
}
