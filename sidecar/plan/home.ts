import type { Bootstrap } from '../../shared/xds/messages.gen.ts';
import type { HerePlan, LocalityRulePlan } from '../core/plan/balancer.ts';
import type { EndpointRow } from './endpoints.ts';

/** Where this sidecar runs, and which cluster holds those like it; '' = none. */
export interface Home {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  readonly cluster: string;
}

export function homeOf({ node, cluster_manager: manager }: Bootstrap): Home {
  const { region = '', zone = '', sub_zone: subZone = '' } = node?.locality ?? {};
  return { region, zone, subZone, cluster: manager?.local_cluster_name ?? '' };
}

/** A zone-aware rule with what is known of the callers: `rows` are the endpoints of the home cluster. */
export function atHome(
  rule: LocalityRulePlan,
  { region, zone, subZone }: Home,
  rows: readonly EndpointRow[],
): LocalityRulePlan {
  if (rule.kind !== 'zone-aware') return rule;
  const callers = new Map<string, HerePlan['callers'][number]>();
  for (const { locality, flags } of rows) {
    if (flags !== 0) continue;
    const { region, zone, subZone } = locality;
    const key = `${region}/${zone}/${subZone}`;
    callers.set(key, { region, zone, subZone, count: (callers.get(key)?.count ?? 0) + 1 });
  }
  return { ...rule, here: { region, zone, subZone, callers: [...callers.values()] } };
}
