import type { Cell, Stats } from '../core/stats.ts';

/** What main counts about the error-rate breakers of one cluster; Envoy has none, and so no names for it. */
export class BreakerStats {
  /** Breakers in these states now: 0 or 1 for a service, up to the number of endpoints otherwise. */
  readonly open: Cell;
  readonly halfOpen: Cell;
  /** How often one opened, failed trials included. */
  readonly opened: Cell;

  /** `owner` is ClusterPlan.statName. */
  constructor(stats: Stats, owner: string) {
    this.open = stats.gauge('cluster', owner, 'circuit_breakers.error_rate.open');
    this.halfOpen = stats.gauge('cluster', owner, 'circuit_breakers.error_rate.half_open');
    this.opened = stats.counter('cluster', owner, 'circuit_breakers.error_rate.opened');
  }
}
