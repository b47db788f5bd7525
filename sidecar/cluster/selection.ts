import type { Hash64 } from '../../shared/struct/hash64.ts';
import { remainder } from '../../shared/struct/hash64.ts';
import type { Random } from '../../shared/struct/random.ts';
import type { ZoneAwarePlan } from '../core/plan/balancer.ts';
import type { ClusterPlan } from '../core/plan/cluster.ts';
import type { PickerSurroundings } from './balancer/build.ts';
import { isHashing } from './balancer/hash-table.ts';
import { LocalitiesPicker, localityShare, weighedByLocality } from './balancer/localities.ts';
import type { Picker } from './balancer/picker.ts';
import { zoneShares } from './balancer/zone-aware.ts';
import { CandidateGroup } from './candidate-group.ts';
import type { EndpointSet, Level } from './endpoint-set.ts';
import type { LiveEndpoint } from './live-endpoint.ts';
import { OVERPROVISIONING, priorityLoads } from './priority-load.ts';

/**
 * Whom to pick from while availability stays as it is: a picker per priority level that gets traffic (and one for its
 * degraded endpoints when they get some), and the share of each. Immutable but for the pickers' own state and for
 * weights that move in slow start.
 */
export class Selection {
  /** Endpoints without a flag, over all levels. */
  readonly available: number;
  /** Some level sends to all its endpoints, whatever their flags. */
  readonly panic: boolean;
  /** Monotonic ms at which `reweigh` is to be called; Infinity = weights stay. */
  due: number;
  readonly #plan: ClusterPlan;
  readonly #set: EndpointSet;
  readonly #around: PickerSurroundings;
  readonly #now: number;
  readonly #groups: CandidateGroup[] = [];
  /** Null: this share of the requests goes to nobody. */
  readonly #pickers: (Picker | null)[] = [];
  /** Running sums of the shares, 0..1, one per picker. */
  readonly #until: number[] = [];

  constructor(set: EndpointSet, plan: ClusterPlan, around: PickerSurroundings) {
    this.#plan = plan;
    this.#set = set;
    this.#around = around;
    this.#now = around.now();
    const usable = set.levels.map(({ endpoints }) => ({
      available: endpoints.filter((each) => each.available()),
      degraded: endpoints.filter((each) => each.degraded()),
    }));
    const counts = set.levels.map(({ endpoints }, index) => ({
      available: usable[index]?.available.length ?? 0,
      degraded: usable[index]?.degraded.length ?? 0,
      total: endpoints.length,
    }));
    const loads = priorityLoads(counts, plan.panicThreshold);
    set.levels.forEach((level, index) => {
      const load = loads[index];
      if (load?.panic) this.#panic(load.load, level);
      else if (load) this.#share(load.load, this.#spread(usable[index]?.available ?? [], level));
    });
    set.levels.forEach((level, index) => {
      this.#share(loads[index]?.degraded ?? 0, this.#spread(usable[index]?.degraded ?? [], level));
    });
    this.available = counts.reduce((left, right) => left + right.available, 0);
    this.panic = loads.some((each) => each.panic);
    this.due = this.#next(this.#now);
  }

  /** Null when there is nobody to send to. */
  pick(random: Random, hash: Hash64 | null, attempt: number): LiveEndpoint | null {
    const pickers = this.#pickers;
    const last = pickers.length - 1;
    if (last < 0) return null;
    let level = 0;
    if (last > 0) {
      // What goes by a hash keeps its level, too.
      const at = hash === null ? random() : remainder(hash, 100) / 100;
      while (level < last && at >= (this.#until[level] as number)) level += 1;
    }
    const picker = pickers[level] as Picker | null;
    return picker === null ? null : picker.pick(random, hash, attempt);
  }

  /** Moves the weights on; false when none moves any more, so that plainer pickers can take over. */
  reweigh(now: number): boolean {
    for (const group of this.#groups) group.reweigh(now);
    this.due = this.#next(now);
    return this.due !== Number.POSITIVE_INFINITY;
  }

  #next(now: number): number {
    return now + Math.min(Number.POSITIVE_INFINITY, ...this.#groups.map((each) => each.step));
  }

  #share(load: number, picker: Picker | null): void {
    if (load <= 0 || picker === null) return;
    this.#until.push((this.#until.at(-1) ?? 0) + load / 100);
    this.#pickers.push(picker);
  }

  #panic(load: number, level: Level): void {
    const { locality } = this.#plan;
    if (locality.kind !== 'zone-aware' || !locality.failOnPanic) return this.#share(load, this.#group(level.endpoints));
    if (load <= 0) return;
    this.#until.push((this.#until.at(-1) ?? 0) + load / 100);
    this.#pickers.push(null);
  }

  /** These endpoints of a level, shared among localities where the plan says so. */
  #spread(endpoints: readonly LiveEndpoint[], level: Level): Picker | null {
    const { locality, balancer } = this.#plan;
    if (locality.kind === 'zone-aware') return this.#zoneAware(locality, endpoints, level);
    if (locality.kind === 'none') return this.#group(endpoints);
    // One table for all, in which endpoints have the weight of their locality (Envoy).
    if (isHashing(balancer)) return this.#group(...weighedByLocality(endpoints, this.#set.localities));
    const shares = this.#set.localities.map(({ weight }, index) => {
      const own = (each: LiveEndpoint): boolean => each.locality === index;
      const total = level.endpoints.filter(own).length;
      return localityShare(weight, endpoints.filter(own).length, total, OVERPROVISIONING / 100);
    });
    return this.#byLocality(endpoints, shares);
  }

  /** Only the first level looks at zones, as in Envoy, and no policy that goes by a hash does. */
  #zoneAware(plan: ZoneAwarePlan, endpoints: readonly LiveEndpoint[], level: Level): Picker | null {
    const { localities, levels } = this.#set;
    const all = this.#group(endpoints);
    if (plan.here === null || level !== levels[0] || endpoints.length < plan.minSize) return all;
    if (isHashing(this.#plan.balancer) || plan.routing === 0) return all;
    const usable = localities.map((_, index) => endpoints.filter((each) => each.locality === index).length);
    const shares = zoneShares(localities, usable, plan.here);
    if (shares === null || all === null) return all;
    const zones = this.#byLocality(endpoints, shares) as Picker;
    if (plan.routing === 100) return zones;
    return new LocalitiesPicker([zones, all], [plan.routing, 100 - plan.routing], this.#around.random);
  }

  /** A picker per locality with a share; one for all when none has any. */
  #byLocality(endpoints: readonly LiveEndpoint[], shares: readonly number[]): Picker | null {
    const pickers: Picker[] = [];
    const weights: number[] = [];
    shares.forEach((share, index) => {
      const picker = share > 0 ? this.#group(endpoints.filter((each) => each.locality === index)) : null;
      if (picker === null) return;
      pickers.push(picker);
      weights.push(share);
    });
    if (pickers.length === 0) return this.#group(endpoints);
    return pickers.length === 1 ? (pickers[0] as Picker) : new LocalitiesPicker(pickers, weights, this.#around.random);
  }

  #group(endpoints: readonly LiveEndpoint[], weights = endpoints.map((each) => each.weight)): Picker | null {
    if (endpoints.length === 0) return null;
    const group = new CandidateGroup(endpoints, weights, this.#plan, this.#around, this.#now);
    this.#groups.push(group);
    return group.picker;
  }
}
