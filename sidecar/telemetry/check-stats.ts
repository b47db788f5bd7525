import type { Cell, Stats } from '../core/stats.ts';

/** What main counts about the active health checks of one cluster, under Envoy's names. */
export class CheckStats {
  readonly attempt: Cell;
  readonly success: Cell;
  readonly failure: Cell;
  readonly networkFailure: Cell;
  readonly passiveFailure: Cell;
  readonly healthy: Cell;
  readonly degraded: Cell;

  /** `owner` is ClusterPlan.statName. */
  constructor(stats: Stats, owner: string) {
    const counter = (name: string): Cell => stats.counter('cluster', owner, `health_check.${name}`);
    this.attempt = counter('attempt');
    this.success = counter('success');
    this.failure = counter('failure');
    this.networkFailure = counter('network_failure');
    this.passiveFailure = counter('passive_failure');
    this.healthy = stats.gauge('cluster', owner, 'health_check.healthy');
    this.degraded = stats.gauge('cluster', owner, 'health_check.degraded');
  }
}
