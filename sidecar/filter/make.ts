import type { EnclosingFilter, Filter } from '../core/filter.ts';
import type { HttpFilterPlan } from '../core/plan/http-manager.ts';
import { FaultFilter } from './fault.ts';
import { GrpcWebFilter } from './grpc-web/filter.ts';
import type { FaultSurroundings } from './injection.ts';
import { AdaptiveConcurrency } from './overload/adaptive-concurrency.ts';
import { AdmissionControl } from './overload/admission-control.ts';
import { WholeRequest } from './whole-request.ts';

type ChainedPlan = Exclude<HttpFilterPlan, { readonly kind: 'grpc-web' }>;

/** Of the filters in a plan, those of the chain per request; `prefix` is the stat prefix of their HTTP connection manager. */
export function makeFilters(plans: readonly HttpFilterPlan[], prefix: string, around: FaultSurroundings): Filter[] {
  return plans.filter((each) => each.kind !== 'grpc-web').map((each) => makeFilter(each, prefix, around));
}

/** The first that stands around the exchange, or null. */
export function makeEnclosing(plans: readonly HttpFilterPlan[]): EnclosingFilter | null {
  const plan = plans.find((each) => each.kind === 'grpc-web');
  return plan === undefined ? null : new GrpcWebFilter(plan.name, plan.disabled);
}

function makeFilter(plan: ChainedPlan, prefix: string, around: FaultSurroundings): Filter {
  switch (plan.kind) {
    case 'buffer':
      return new WholeRequest(plan.name, plan.buffer, prefix, around.stats);
    case 'fault':
      return new FaultFilter(plan.name, plan.fault, prefix, around);
    case 'adaptive-concurrency':
      return new AdaptiveConcurrency(plan.name, plan.concurrency, prefix, around);
    case 'admission-control':
      return new AdmissionControl(plan.name, plan.admission, prefix, around);
  }
}
