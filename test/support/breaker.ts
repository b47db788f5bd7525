import type { ErrorRatePlan } from '../../sidecar/core/plan/cluster.ts';

export const errorRatePlan = (over: Partial<ErrorRatePlan> = {}): ErrorRatePlan => ({
  per: 'service',
  threshold: 50,
  window: 10_000,
  minRequests: 20,
  openFor: 5000,
  maxOpenFor: 50_000,
  probes: 1,
  ...over,
});
