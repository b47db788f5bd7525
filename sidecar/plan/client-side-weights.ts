import type { ClientSideWeightedRoundRobin } from '../../shared/xds/messages.gen.ts';
import type { ClientSideWeightsPlan } from '../core/plan/balancer.ts';
import type { Place } from './place.ts';
import { booleanOf, durationOf, numberOf, positiveDurationOf } from './value.ts';

/** Weights may not be computed more often than this (ms); what is set lower is raised, as in Envoy and gRPC. */
const LEAST_UPDATE = 100;

/** Weighted round robin by load reports, in responses or out of band, with Envoy's and gRPC's defaults. */
export function clientSideWeights(config: ClientSideWeightedRoundRobin, place: Place): ClientSideWeightsPlan {
  const outOfBand = booleanOf(config.enable_oob_load_report, false);
  const errorPenalty = numberOf(config.error_utilization_penalty, 1);
  if (errorPenalty < 0) place.at('error_utilization_penalty').wrong(`must not be negative, is ${errorPenalty}`);
  return {
    kind: 'client-side-weights',
    blackout: durationOf(config.blackout_period, 10_000, place.at('blackout_period')),
    expiration: durationOf(config.weight_expiration_period, 180_000, place.at('weight_expiration_period')),
    update: Math.max(LEAST_UPDATE, durationOf(config.weight_update_period, 1_000, place.at('weight_update_period'))),
    errorPenalty,
    reportEvery: outOfBand
      ? positiveDurationOf(config.oob_reporting_period, 10_000, place.at('oob_reporting_period'))
      : 0,
  };
}
