import type { OutlierPlan } from '../../core/plan/cluster.ts';
import type { Detector } from './detector.ts';

/** A detector that looks at whole intervals, by Envoy's name. */
export type SweepDetector =
  | 'success_rate'
  | 'local_origin_success_rate'
  | 'failure_percentage'
  | 'local_origin_failure_percentage';

/** Everything that may eject an endpoint. */
export type Detection = Detector | SweepDetector;

export const DETECTIONS: readonly Detection[] = [
  'consecutive_5xx',
  'consecutive_gateway_failure',
  'consecutive_local_origin_failure',
  'success_rate',
  'local_origin_success_rate',
  'failure_percentage',
  'local_origin_failure_percentage',
];

/** How many percent of what a detector finds is acted on. */
export function enforcingOf(plan: OutlierPlan, detection: Detection): number {
  switch (detection) {
    case 'consecutive_5xx':
      return plan.enforcingConsecutive5xx;
    case 'consecutive_gateway_failure':
      return plan.enforcingConsecutiveGatewayFailure;
    case 'consecutive_local_origin_failure':
      return plan.enforcingConsecutiveLocalOriginFailure;
    case 'success_rate':
      return plan.successRate.enforcing;
    case 'local_origin_success_rate':
      return plan.successRate.enforcingLocalOrigin;
    case 'failure_percentage':
      return plan.failurePercentage.enforcing;
    case 'local_origin_failure_percentage':
      return plan.failurePercentage.enforcingLocalOrigin;
  }
}

/** What a consecutive detector saw, for people. */
export function reasonOf(plan: OutlierPlan, detector: Detector): string {
  switch (detector) {
    case 'consecutive_5xx':
      return `${plan.consecutive5xx} answers with 5xx or failures in a row`;
    case 'consecutive_gateway_failure':
      return `${plan.consecutiveGatewayFailure} gateway failures in a row`;
    case 'consecutive_local_origin_failure':
      return `${plan.consecutiveLocalOriginFailure} failures to connect or to get an answer in a row`;
  }
}
