import type { SlowStartPlan } from '../../core/plan/balancer.ts';
import { FLAG, SHARED } from '../../core/slots.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';

/** Weights are moved in steps of a hundredth of the window, but within these bounds, ms. */
const [SHORTEST_STEP, LONGEST_STEP] = [20, 1_000];

/** How long, in ms, weights may stand before they are computed anew. */
export function slowStartStep(plan: SlowStartPlan): number {
  return Math.min(LONGEST_STEP, Math.max(SHORTEST_STEP, plan.window / 100));
}

/** The share of its weight that an endpoint of this age (ms) gets. Source: Envoy, "Slow start mode". */
export function slowStartFactor(plan: SlowStartPlan, age: number): number {
  if (age >= plan.window) return 1;
  const grown = (Math.max(age, 1) / plan.window) ** (1 / plan.aggression);
  return Math.max(grown, plan.minWeight / 100, LEAST);
}

/** With a least weight of 0 % an endpoint is still to be picked at times. */
const LEAST = 1e-4;

/**
 * Whether weights differ because of slow start, so that they move. Endpoints that began together stay equal to each other
 * all the way: a cluster that is all new needs no slow start.
 */
export function isMoving(plan: SlowStartPlan, endpoints: readonly LiveEndpoint[], now: number): boolean {
  const [first] = endpoints;
  if (!first) return false;
  let inWindow = false;
  let together = true;
  for (const { since } of endpoints) {
    if (now - since < plan.window) inWindow = true;
    if (since !== first.since) together = false;
  }
  return inWindow && !together;
}

/** Slow start begins anew when an endpoint that was unhealthy is healthy again. An ejection is no reason (as in Envoy). */
export function noteHealth(endpoints: readonly LiveEndpoint[], now: number): void {
  for (const endpoint of endpoints) {
    if ((endpoint.slot.shared(SHARED.flags) & (FLAG.unhealthy | FLAG.failedCheck)) !== 0)
      endpoint.since = Number.POSITIVE_INFINITY;
    else if (endpoint.since === Number.POSITIVE_INFINITY) endpoint.since = now;
  }
}
