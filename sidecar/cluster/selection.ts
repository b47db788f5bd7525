import type { Random } from '../../shared/struct/random.ts';
import type { ClusterPlan } from '../core/plan/cluster.ts';
import { buildPicker } from './balancer/build.ts';
import type { Picker } from './balancer/picker.ts';
import type { EndpointSet } from './endpoint-set.ts';
import type { LiveEndpoint } from './live-endpoint.ts';
import { priorityLoads } from './priority-load.ts';

/**
 * Whom to pick from while availability stays as it is: a picker per priority level that gets traffic, and the share of
 * each. Immutable but for the pickers' own state.
 */
export class Selection {
  /** Endpoints without a flag, over all levels. */
  readonly available: number;
  /** Some level sends to all its endpoints, whatever their flags. */
  readonly panic: boolean;
  readonly #pickers: readonly Picker[];
  /** Running sums of the shares, 0..1, one per picker. */
  readonly #until: readonly number[];

  constructor(set: EndpointSet, policy: ClusterPlan['balancer'], panicThreshold: number, random: Random) {
    const usable = set.levels.map(({ endpoints }) => endpoints.filter((each) => each.available()));
    const counts = set.levels.map(({ endpoints }, index) => ({
      available: usable[index]?.length ?? 0,
      total: endpoints.length,
    }));
    const pickers: Picker[] = [];
    const until: number[] = [];
    let sum = 0;
    const loads = priorityLoads(counts, panicThreshold);
    loads.forEach(({ load, panic }, index) => {
      const endpoints = panic ? set.levels[index]?.endpoints : usable[index];
      const picker = load > 0 ? buildPicker(policy, endpoints ?? [], random) : null;
      if (!picker) return;
      sum += load / 100;
      pickers.push(picker);
      until.push(sum);
    });
    this.available = counts.reduce((left, right) => left + right.available, 0);
    this.panic = loads.some((each) => each.panic);
    this.#pickers = pickers;
    this.#until = until;
  }

  /** Null when there is nobody to send to. */
  pick(random: Random): LiveEndpoint | null {
    const pickers = this.#pickers;
    const last = pickers.length - 1;
    if (last < 0) return null;
    let level = 0;
    if (last > 0) {
      const at = random();
      while (level < last && at >= (this.#until[level] as number)) level += 1;
    }
    return (pickers[level] as Picker).pick(random);
  }
}
