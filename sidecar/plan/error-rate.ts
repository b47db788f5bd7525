import type { ErrorRateBreaker } from '../../shared/xds/messages.gen.ts';
import type { ErrorRatePlan } from '../core/plan/cluster.ts';
import type { Place } from './place.ts';
import { numberOf, positiveDurationOf } from './value.ts';

/** Aya's error-rate breaker with its defaults; null when the cluster carries none. */
export function errorRate(message: ErrorRateBreaker | undefined, place: Place): ErrorRatePlan | null {
  if (!message) return null;
  const threshold = message.threshold ?? 0;
  if (!(threshold > 0 && threshold <= 100)) {
    place.at('threshold').wrong(`must be above 0 and at most 100, is ${threshold}`);
  }
  const openFor = positiveDurationOf(message.open_for, 5_000, place.at('open_for'));
  const maxOpenFor = positiveDurationOf(message.max_open_for, 10 * openFor, place.at('max_open_for'));
  if (maxOpenFor < openFor)
    place.at('max_open_for').wrong(`must be at least open_for (${openFor} ms), is ${maxOpenFor} ms`);
  return {
    per: message.per === 'ENDPOINT' ? 'endpoint' : 'service',
    threshold,
    window: positiveDurationOf(message.window, 10_000, place.at('window')),
    minRequests: Math.max(1, numberOf(message.min_requests, 20)),
    openFor,
    maxOpenFor,
    probes: Math.max(1, numberOf(message.probes, 1)),
  };
}
