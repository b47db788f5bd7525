import { parseDuration } from '../../shared/struct/duration.ts';
import { fromMs } from '../../shared/xds/duration.ts';
import type { Messages } from '../../shared/xds/messages.gen.ts';
import type { BalancingPolicy, LoadBalancing } from '../model/load-balancing.ts';
import type { TrafficPolicy } from '../model/traffic-policy.ts';
import type { NodeKind } from './caller.ts';
import { extension, type Message } from './message.ts';
import type { Note } from './problem.ts';

type Cluster = Message<'envoy.config.cluster.v3.Cluster'>;
type Extension = ReturnType<typeof extension>;
type Span = ReturnType<typeof fromMs>;

const byDefault: LoadBalancing = { policy: 'LeastRequest', choiceCount: 2 };
const standard = 'envoy.extensions.load_balancing_policies';

/** What `lb_policy` says: for clients that do not read the list. */
const lbPolicyOf: Readonly<Record<BalancingPolicy, Cluster['lb_policy']>> = {
  LeastRequest: 'LEAST_REQUEST',
  LeastConnection: 'LEAST_REQUEST',
  RoundRobin: 'ROUND_ROBIN',
  Random: 'RANDOM',
  RingHash: 'RING_HASH',
  Maglev: 'MAGLEV',
  SourceIp: 'MAGLEV',
  PeakEwma: 'LEAST_REQUEST',
  LeastResponseTime: 'LEAST_REQUEST',
  LeastBandwidth: 'LEAST_REQUEST',
  ClientSideWeightedRoundRobin: 'ROUND_ROBIN',
  Prequal: 'LEAST_REQUEST',
};

/** Policies that gRPC clients have, or take the second of the list for. */
const grpcPolicies: readonly BalancingPolicy[] = [
  'LeastRequest',
  'RoundRobin',
  'RingHash',
  'ClientSideWeightedRoundRobin',
];

/** Whether sidecars of level 1 know all of a block (decisions D19). */
export function isOfLevel1({ policy, slowStart, sessionCookie, sourceAffinity, zoneAware }: LoadBalancing): boolean {
  return (
    ['LeastRequest', 'RoundRobin', 'Random'].includes(policy) &&
    !(slowStart || sessionCookie || sourceAffinity || zoneAware)
  );
}

/**
 * How an endpoint is chosen. A policy of our own stands first in the list for our sidecars, a standard one second (decisions
 * D20). gRPC clients refuse a list in which they know nothing, and a `lb_policy` other than ROUND_ROBIN, so both end there
 * for them.
 */
export function balancing(policy: TrafficPolicy | undefined, kind: NodeKind, note: Note): Cluster {
  const block = policy?.spec.loadBalancing ?? byDefault;
  const own = ownPolicy(block);
  for (const field of ['sessionCookie', 'sourceAffinity'] as const) {
    if (!policy || !block[field] || kind === 'aya') continue;
    note(policy, `loadBalancing.${field}: only sidecars of Aya keep sessions`, kind);
  }
  if (policy && block.zoneAware && kind !== 'aya') {
    note(policy, 'loadBalancing.zoneAware: only sidecars of Aya know who else calls from where', kind);
  }
  if (kind === 'grpc') {
    if (policy) noteForGrpc(policy, block, note);
    const preferred = block.policy === 'RoundRobin' || !grpcPolicies.includes(block.policy) ? [] : [inGrpc(block)];
    return { lb_policy: 'ROUND_ROBIN', ...listed([...preferred, inGrpc({ ...block, policy: 'RoundRobin' })]) };
  }
  if (policy && own && kind === 'envoy') {
    note(policy, `loadBalancing: only Aya has ${block.policy}; Envoy balances by LeastRequest`, 'envoy');
  }
  const plain = block.policy === 'LeastRequest' && block.slowStart === undefined && block.zoneAware === undefined;
  return {
    lb_policy: lbPolicyOf[block.policy] ?? 'LEAST_REQUEST',
    ...(plain && { least_request_lb_config: { choice_count: { value: block.choiceCount } } }),
    ...listed([...(own && kind === 'aya' ? [own] : []), standardPolicy(kind === 'aya' ? block : withoutZones(block))]),
  };
}

/** What gRPC clients leave out; slow start is for Envoy's balancers only. */
function noteForGrpc(policy: TrafficPolicy, block: LoadBalancing, note: Note): void {
  const name = block.policy;
  if (!grpcPolicies.includes(name)) note(policy, `loadBalancing: gRPC clients know no ${name}`, 'grpc');
  else if (block.slowStart) note(policy, 'loadBalancing.slowStart: gRPC clients have none', 'grpc');
  if (name === 'RingHash' && block.balanceFactor !== undefined)
    note(policy, 'loadBalancing.balanceFactor: gRPC clients have none', 'grpc');
  if (name === 'RingHash' && block.hash?.some(({ header }) => header === undefined))
    note(policy, 'loadBalancing.hash: gRPC clients hash headers only', 'grpc');
}

function inGrpc({ slowStart: _, balanceFactor: __, ...block }: LoadBalancing): Extension {
  return standardPolicy(withoutZones(block));
}

function withoutZones({ zoneAware: _, ...block }: LoadBalancing): LoadBalancing {
  return block;
}

/** Of the policies that xDS has a message for, the one that is meant or comes closest. */
function standardPolicy(block: LoadBalancing): Extension {
  switch (block.policy) {
    case 'RoundRobin':
      return roundRobin(block);
    case 'Random':
      return extension(`${standard}.random.v3.Random`, zones(block));
    case 'RingHash':
      return extension(`${standard}.ring_hash.v3.RingHash`, {
        ...(block.minimumRingSize !== undefined && { minimum_ring_size: { value: block.minimumRingSize } }),
        ...bound(block),
      });
    case 'Maglev':
    case 'SourceIp':
      return extension(`${standard}.maglev.v3.Maglev`, bound(block));
    case 'ClientSideWeightedRoundRobin':
      return extension(`${standard}.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin`, {
        ...span('blackout_period', block.blackoutPeriod),
        ...span('weight_expiration_period', block.weightExpirationPeriod),
        ...span('weight_update_period', block.weightUpdatePeriod),
        ...(block.reportPeriod !== undefined && { enable_oob_load_report: { value: true } }),
        ...span('oob_reporting_period', block.reportPeriod),
        ...(block.errorUtilizationPenalty !== undefined && {
          error_utilization_penalty: { value: block.errorUtilizationPenalty },
        }),
      });
    case 'LeastConnection':
      return extension(`${standard}.least_request.v3.LeastRequest`, {
        selection_method: 'FULL_SCAN',
        ...slowStart(block),
        ...zones(block),
      });
    default:
      return extension(`${standard}.least_request.v3.LeastRequest`, {
        choice_count: { value: block.choiceCount },
        ...slowStart(block),
        ...zones(block),
      });
  }
}

/** The policy as a message of ours; undefined when xDS has one. */
function ownPolicy(block: LoadBalancing): Extension | undefined {
  switch (block.policy) {
    case 'PeakEwma':
      return extension('aya.v1.PeakEwma', byLatency(block));
    case 'LeastResponseTime':
      return extension('aya.v1.LeastResponseTime', byLatency(block));
    case 'LeastBandwidth':
      return extension('aya.v1.LeastBandwidth', { ...span('decay', block.decay), ...slowStart(block) });
    case 'Prequal':
      return extension('aya.v1.Prequal', {
        ...(block.probesPerRequest !== undefined && { probes_per_request: { value: block.probesPerRequest } }),
        ...(block.poolSize !== undefined && { pool_size: { value: block.poolSize } }),
        ...(block.hotQuantile !== undefined && { hot_quantile: { value: block.hotQuantile } }),
        ...span('max_age', block.probeMaxAge),
      });
    default:
      return undefined;
  }
}

function roundRobin(block: LoadBalancing): Extension {
  return extension(`${standard}.round_robin.v3.RoundRobin`, { ...slowStart(block), ...zones(block) });
}

function byLatency(block: LoadBalancing): Message<'aya.v1.PeakEwma'> {
  return {
    ...span('decay', block.decay),
    ...span('default_latency', block.defaultLatency),
    ...span('failure_latency', block.failureLatency),
    ...slowStart(block),
  };
}

function bound({ balanceFactor }: LoadBalancing): {
  consistent_hashing_lb_config?: { hash_balance_factor: { value: number } };
} {
  if (balanceFactor === undefined) return {};
  return { consistent_hashing_lb_config: { hash_balance_factor: { value: balanceFactor } } };
}

type LocalityConfig = 'envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig';
type SlowStartConfig = Messages['envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig'];

function slowStart({ slowStart: block }: LoadBalancing): { slow_start_config?: SlowStartConfig } {
  if (!block) return {};
  return {
    slow_start_config: {
      slow_start_window: fromMs(parseDuration(block.window) ?? 0),
      aggression: { default_value: block.aggression, runtime_key: 'aya.slow_start.aggression' },
      min_weight_percent: { value: block.minWeightPercent },
    },
  };
}

function zones({ zoneAware }: LoadBalancing): { locality_lb_config?: Message<LocalityConfig> } {
  if (!zoneAware) return {};
  const { minEndpoints, percent } = zoneAware;
  return {
    locality_lb_config: {
      zone_aware_lb_config: { routing_enabled: { value: percent }, min_cluster_size: { value: minEndpoints } },
    },
  };
}

function span<K extends string>(name: K, text: string | undefined): { [name in K]?: Span } {
  if (text === undefined) return {};
  return { [name]: fromMs(parseDuration(text) ?? 0) } as { [name in K]: Span };
}

function listed(extensions: readonly Extension[]): Cluster {
  return { load_balancing_policy: { policies: extensions.map((each) => ({ typed_extension_config: each })) } };
}
