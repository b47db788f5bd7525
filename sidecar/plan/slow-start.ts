import { toMs } from '../../shared/xds/duration.ts';
import type { ClusterSlowStartConfig } from '../../shared/xds/messages.gen.ts';
import type { SlowStartPlan } from '../core/plan/balancer.ts';
import type { Place } from './place.ts';
import { percentOf, positiveDurationOf } from './value.ts';

/** A slow_start_config, in either of its two packages; null when there is none, or no window in it. */
export function slowStart(config: ClusterSlowStartConfig | undefined, place: Place): SlowStartPlan | null {
  if (!config) return null;
  const window = positiveDurationOf(config.slow_start_window, 0, place.at('slow_start_window'));
  if (toMs(config.slow_start_window) === undefined) return null;
  // There is no runtime layer, so the default value is the value.
  const aggression = config.aggression ? (config.aggression.default_value ?? 0) : 1;
  if (!(aggression > 0)) place.at('aggression').wrong(`must be more than 0, is ${aggression}`);
  return { window, aggression, minWeight: percentOf(config.min_weight_percent, 10, place.at('min_weight_percent')) };
}
