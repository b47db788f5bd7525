import { pack } from '../../shared/xds/codec.ts';
import type { Any } from '../../shared/xds/messages.gen.ts';
import type { FaultPolicy } from '../model/fault-policy.ts';
import type { Caller } from './caller.ts';
import type { ServiceEntry } from './catalog.ts';
import { both, ofFault } from './condition.ts';
import { beyondEnvoy, faultsFor, httpFaultOf } from './fault.ts';
import type { Note } from './problem.ts';
import type { MatchedRule } from './rules.ts';

/** The name of the fault filter in every chain of ours, and so the key of its settings per route. */
export const faultFilter = 'envoy.filters.http.fault';

/** A rule, and the filter settings for each service that it sends to, by key. */
export interface FaultyRule extends MatchedRule {
  readonly faults: ReadonlyMap<string, Record<string, Required<Any>>>;
}

/**
 * Faults for clients that know Envoy's filter only. It takes one setting per route and matches headers at most, so a fault
 * for some requests becomes a route of its own before the rule's. Where several faults meet, the oldest is injected.
 */
export function withFaults(rule: MatchedRule, entry: ServiceEntry, caller: Caller, note: Note): FaultyRule[] {
  const plain: FaultyRule = { ...rule, faults: new Map() };
  if (caller.kind === 'aya') return [plain];
  const kind = caller.kind;
  const always = new Map<string, FaultPolicy>();
  const routes: FaultyRule[] = [];
  for (const key of keysOf(rule, entry)) {
    const faults = faultsFor(key === entry.key ? entry.faults : (entry.backends.get(key)?.faults ?? []), caller);
    if (faults.length > 1) {
      for (const each of faults.slice(1))
        note(each, 'where an older fault meets the same request, only that one is injected', kind);
    }
    for (const fault of faults) {
      for (const each of beyondEnvoy(fault))
        note(fault, `spec.faults.${each} is not injected: Envoy's filter has no such fault`, kind);
      if (fault.spec.match.length === 0) {
        if (!always.has(key)) always.set(key, fault);
        continue;
      }
      for (const match of fault.spec.match) {
        const condition = both(rule.condition, ofFault(match));
        if (condition === undefined) {
          note(fault, `its match cannot be combined with that of route ${rule.name}: it is not injected there`, kind);
        } else if (condition !== 'never') {
          routes.push({
            ...rule,
            name: `${rule.name}/${fault.metadata.name}`,
            condition,
            faults: settings(new Map([[key, fault]])),
          });
        }
      }
    }
  }
  return [...routes, { ...plain, faults: settings(always) }];
}

/** The services that a rule sends to. */
function keysOf({ rule, route }: MatchedRule, entry: ServiceEntry): Set<string> {
  if (!rule || !route) return new Set([entry.key]);
  return new Set(rule.backendRefs.map(({ namespace, name }) => `${namespace ?? route.metadata.namespace}/${name}`));
}

function settings(faults: ReadonlyMap<string, FaultPolicy>): FaultyRule['faults'] {
  return new Map(
    [...faults].map(([key, fault]) => [
      key,
      { [faultFilter]: pack('envoy.extensions.filters.http.fault.v3.HTTPFault', httpFaultOf(fault)) },
    ]),
  );
}
