import type { HerePlan, LocalityPlan } from '../../core/plan/balancer.ts';

/**
 * Which share of the traffic each locality gets so that as much as possible stays in our own and all endpoints still get
 * the same: when ours has at least as large a part of the endpoints as of the callers, everything; else only as much as its
 * endpoints can take, and the rest goes where there are more endpoints than callers. Null: no reason to look at localities
 * (fewer than two, none of ours, nothing known of the callers). Source: Envoy, "Zone aware routing".
 *
 * `usable`: endpoints by locality that can be used now.
 */
export function zoneShares(
  localities: readonly LocalityPlan[],
  usable: readonly number[],
  here: HerePlan,
): number[] | null {
  const home = localities.findIndex((each, index) => (usable[index] ?? 0) > 0 && same(each, here));
  const callers = here.callers.reduce((sum, { count }) => sum + count, 0);
  const endpoints = usable.reduce((left, right) => left + right, 0);
  if (home < 0 || callers === 0 || usable.filter((each) => each > 0).length < 2) return null;
  const upstream = usable.map((each) => each / endpoints);
  const local = localities.map((locality) => (here.callers.find((each) => same(each, locality))?.count ?? 0) / callers);
  const [capacity, demand] = [upstream[home] ?? 0, local[home] ?? 0];
  const direct = localities.map((_, index) => (index === home ? 1 : 0));
  if (capacity >= demand) return direct;
  const stays = capacity / demand;
  // What is left of the capacity elsewhere when the callers there have had theirs.
  const residual = upstream.map((each, index) => (index === home ? 0 : Math.max(0, each - (local[index] ?? 0))));
  const rest = residual.reduce((left, right) => left + right, 0);
  if (rest === 0) {
    const others = usable.filter((each, index) => each > 0 && index !== home).length;
    return usable.map((each, index) => (index === home ? stays : each > 0 ? (1 - stays) / others : 0));
  }
  return residual.map((each, index) => (index === home ? stays : ((1 - stays) * each) / rest));
}

type Place = Pick<LocalityPlan, 'region' | 'zone' | 'subZone'>;

function same(one: Place, other: Place): boolean {
  return one.region === other.region && one.zone === other.zone && one.subZone === other.subZone;
}
