import type { Cell, Stats } from '../core/stats.ts';

/** What main knows about one cluster's endpoints, ejections and limits, under Envoy's names. Main alone writes it. */
export class ClusterHealthStats {
  readonly membershipTotal: Cell;
  readonly membershipHealthy: Cell;
  readonly membershipChange: Cell;
  readonly updateSuccess: Cell;
  readonly updateEmpty: Cell;
  readonly ejectionsActive: Cell;
  readonly ejectionsOverflow: Cell;
  readonly ejectionsEnforcedTotal: Cell;
  readonly ejectionsConsecutive5xx: EjectionCells;
  readonly ejectionsConsecutiveGatewayFailure: EjectionCells;
  readonly ejectionsConsecutiveLocalOriginFailure: EjectionCells;
  readonly cxOpen: Cell;
  readonly rqOpen: Cell;
  readonly rqPendingOpen: Cell;
  readonly rqRetryOpen: Cell;

  /** `owner` is ClusterPlan.statName. */
  constructor(stats: Stats, owner: string) {
    const counter = (name: string): Cell => stats.counter('cluster', owner, name);
    const gauge = (name: string): Cell => stats.gauge('cluster', owner, name);
    const outlier = 'outlier_detection.ejections_';
    const ejections = (name: string): EjectionCells => ({
      detected: counter(`${outlier}detected_${name}`),
      enforced: counter(`${outlier}enforced_${name}`),
    });
    this.membershipTotal = gauge('membership_total');
    this.membershipHealthy = gauge('membership_healthy');
    this.membershipChange = counter('membership_change');
    this.updateSuccess = counter('update_success');
    this.updateEmpty = counter('update_empty');
    this.ejectionsActive = gauge(`${outlier}active`);
    this.ejectionsOverflow = counter(`${outlier}overflow`);
    this.ejectionsEnforcedTotal = counter(`${outlier}enforced_total`);
    this.ejectionsConsecutive5xx = ejections('consecutive_5xx');
    this.ejectionsConsecutiveGatewayFailure = ejections('consecutive_gateway_failure');
    this.ejectionsConsecutiveLocalOriginFailure = ejections('consecutive_local_origin_failure');
    this.cxOpen = gauge('circuit_breakers.default.cx_open');
    this.rqOpen = gauge('circuit_breakers.default.rq_open');
    this.rqPendingOpen = gauge('circuit_breakers.default.rq_pending_open');
    this.rqRetryOpen = gauge('circuit_breakers.default.rq_retry_open');
  }
}

/** `detected` counts each time the condition was met, `enforced` each ejection that followed. */
export interface EjectionCells {
  readonly detected: Cell;
  readonly enforced: Cell;
}
