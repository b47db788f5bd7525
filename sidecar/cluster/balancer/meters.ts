import type { BalancerPlan } from '../../core/plan/balancer.ts';
import type { Slot } from '../../core/slots.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import type { Meter } from '../meter.ts';
import { BandwidthMeter } from './bandwidth-meter.ts';
import { LatencyMeter } from './latency-meter.ts';
import { LoadReportMeter } from './load-report-meter.ts';

/** What a policy measures of the endpoint in `slot`; null = nothing. */
export function meterOf(policy: BalancerPlan, slot: Slot, now: number): Meter | null {
  switch (policy.kind) {
    case 'peak-ewma':
    case 'least-response-time':
      return new LatencyMeter(policy, now);
    case 'least-bandwidth':
      return new BandwidthMeter(policy.decay, now);
    case 'client-side-weights':
      return new LoadReportMeter(policy, slot);
    default:
      return null;
  }
}

/**
 * The meters of endpoints by kind. A view that lost its policy meanwhile, and is still asked by a request that began under
 * it, finds meters of another kind; it gets idle ones.
 */
export function metersOf<M extends Meter>(
  endpoints: readonly LiveEndpoint[],
  kind: abstract new (...args: never[]) => M,
  idle: () => M,
): M[] {
  return endpoints.map(({ meter }) => (meter instanceof kind ? meter : idle()));
}
