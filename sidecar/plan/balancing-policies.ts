import type { Any, Messages } from '../../shared/xds/messages.gen.ts';
import type { ClusterPlan } from '../core/plan/cluster.ts';
import { byLatency, prequal } from './aya-policies.ts';
import { clientSideWeights } from './client-side-weights.ts';
import { messageOf } from './extension.ts';
import { maglev, ringHash } from './hashing.ts';
import { leastRequest } from './least-request.ts';
import { locality } from './locality.ts';
import type { Place } from './place.ts';
import { slowStart } from './slow-start.ts';
import { positiveDurationOf } from './value.ts';

/** What a cluster says about how endpoints are chosen. */
export type Balancing = Pick<ClusterPlan, 'balancer' | 'slowStart' | 'locality'>;

/** Reads one balancing policy; undefined when its bytes are none. */
export type Reading = (config: Any, place: Place) => Balancing | undefined;

const package_ = 'envoy.extensions.load_balancing_policies' as const;

function reading<T extends keyof Messages>(
  type: T,
  resolve: (message: Messages[T], place: Place) => Balancing,
): readonly [T, Reading] {
  return [
    type,
    (config, place) => {
      const message = messageOf(type, config, place);
      return message && resolve(message, place);
    },
  ];
}

/** The policies of `load_balancing_policy` that we have, by the full name of their message. */
export const readers: Readonly<Record<string, Reading>> = Object.fromEntries([
  reading(`${package_}.round_robin.v3.RoundRobin`, (message, place) => ({
    balancer: { kind: 'round-robin' },
    slowStart: slowStart(message.slow_start_config, place.at('slow_start_config')),
    locality: locality(message.locality_lb_config, place.at('locality_lb_config')),
  })),
  reading(`${package_}.random.v3.Random`, (message, place) => ({
    balancer: { kind: 'random' },
    slowStart: null,
    locality: locality(message.locality_lb_config, place.at('locality_lb_config')),
  })),
  reading(`${package_}.least_request.v3.LeastRequest`, (message, place) => ({
    balancer: leastRequest(message, place),
    slowStart: slowStart(message.slow_start_config, place.at('slow_start_config')),
    locality: locality(message.locality_lb_config, place.at('locality_lb_config')),
  })),
  reading(`${package_}.ring_hash.v3.RingHash`, (message, place) => {
    const at = place.at('consistent_hashing_lb_config');
    return {
      balancer: ringHash(message, message.consistent_hashing_lb_config, place, at),
      slowStart: null,
      locality: locality(message, place),
    };
  }),
  reading(`${package_}.maglev.v3.Maglev`, (message, place) => {
    const at = place.at('consistent_hashing_lb_config');
    return {
      balancer: maglev(message, message.consistent_hashing_lb_config, place, at),
      slowStart: null,
      locality: locality(message, place),
    };
  }),
  reading('aya.v1.PeakEwma', (message, place) => ({
    balancer: byLatency('peak-ewma', message, place),
    slowStart: slowStart(message.slow_start_config, place.at('slow_start_config')),
    locality: { kind: 'none' },
  })),
  reading('aya.v1.LeastResponseTime', (message, place) => ({
    balancer: byLatency('least-response-time', message, place),
    slowStart: slowStart(message.slow_start_config, place.at('slow_start_config')),
    locality: { kind: 'none' },
  })),
  reading('aya.v1.LeastBandwidth', (message, place) => ({
    balancer: { kind: 'least-bandwidth', decay: positiveDurationOf(message.decay, 1_000, place.at('decay')) },
    slowStart: slowStart(message.slow_start_config, place.at('slow_start_config')),
    locality: { kind: 'none' },
  })),
  reading('aya.v1.Prequal', (message, place) => ({
    balancer: prequal(message, place),
    slowStart: null,
    locality: { kind: 'none' },
  })),
  reading(`${package_}.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin`, (message, place) => ({
    balancer: clientSideWeights(message, place),
    slowStart: null,
    locality: { kind: 'none' },
  })),
]);
