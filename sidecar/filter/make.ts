import type { Filter } from '../core/filter.ts';
import type { HttpFilterPlan } from '../core/plan/http-manager.ts';
import { FaultFilter } from './fault.ts';
import type { FaultSurroundings } from './injection.ts';
import { AdaptiveConcurrency } from './overload/adaptive-concurrency.ts';
import { AdmissionControl } from './overload/admission-control.ts';

/** The filter that a plan describes; `prefix` is the stat prefix of its HTTP connection manager. */
export function makeFilter(plan: HttpFilterPlan, prefix: string, around: FaultSurroundings): Filter {
  switch (plan.kind) {
    case 'fault':
      return new FaultFilter(plan.name, plan.fault, prefix, around);
    case 'adaptive-concurrency':
      return new AdaptiveConcurrency(plan.name, plan.concurrency, prefix, around);
    case 'admission-control':
      return new AdmissionControl(plan.name, plan.admission, prefix, around);
  }
}
