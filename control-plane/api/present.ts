import type { AnyObject } from '../model/kinds.ts';
import { withCounts } from './conditions.ts';
import { type ApiContext, fleetOf } from './context.ts';

/** The field of `status` that is computed at each read and never stored. */
export const computedField = 'sidecars';

/** The object as clients read it: policies and routes say on how many sidecars they are in force. */
export function present(context: ApiContext, object: AnyObject): object {
  if (object.kind === 'Service' || object.kind === 'EndpointSlice') return object;
  const fleet = fleetOf(context, object);
  if (!fleet) return object;
  const sidecars = { applied: fleet.applied, total: fleet.total, nacks: fleet.nacks };
  if (object.kind === 'HTTPRoute' || object.kind === 'GRPCRoute') {
    const parents = object.status?.parents.map((each) => ({ ...each, conditions: withCounts(each.conditions, fleet) }));
    return { ...object, status: { ...object.status, parents, [computedField]: sidecars } };
  }
  const conditions = withCounts(object.status?.conditions ?? [], fleet);
  return { ...object, status: { ...object.status, conditions, [computedField]: sidecars } };
}
