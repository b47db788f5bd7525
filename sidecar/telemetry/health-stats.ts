import type { Cell, Stats } from '../core/stats.ts';

const outlier = 'outlier_detection.ejections_';

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
  readonly cxOpen: Cell;
  readonly rqOpen: Cell;
  readonly rqPendingOpen: Cell;
  readonly rqRetryOpen: Cell;
  readonly #stats: Stats;
  readonly #owner: string;
  readonly #ejections = new Map<string, EjectionCells>();

  /** `owner` is ClusterPlan.statName. */
  constructor(stats: Stats, owner: string) {
    this.#stats = stats;
    this.#owner = owner;
    const counter = (name: string): Cell => stats.counter('cluster', owner, name);
    const gauge = (name: string): Cell => stats.gauge('cluster', owner, name);
    this.membershipTotal = gauge('membership_total');
    this.membershipHealthy = gauge('membership_healthy');
    this.membershipChange = counter('membership_change');
    this.updateSuccess = counter('update_success');
    this.updateEmpty = counter('update_empty');
    this.ejectionsActive = gauge(`${outlier}active`);
    this.ejectionsOverflow = counter(`${outlier}overflow`);
    this.ejectionsEnforcedTotal = counter(`${outlier}enforced_total`);
    this.cxOpen = gauge('circuit_breakers.default.cx_open');
    this.rqOpen = gauge('circuit_breakers.default.rq_open');
    this.rqPendingOpen = gauge('circuit_breakers.default.rq_pending_open');
    this.rqRetryOpen = gauge('circuit_breakers.default.rq_retry_open');
  }

  /** Of one detector, by Envoy's name. */
  ejections(detector: string): EjectionCells {
    let cells = this.#ejections.get(detector);
    if (!cells) {
      cells = {
        detected: this.#stats.counter('cluster', this.#owner, `${outlier}detected_${detector}`),
        enforced: this.#stats.counter('cluster', this.#owner, `${outlier}enforced_${detector}`),
      };
      this.#ejections.set(detector, cells);
    }
    return cells;
  }
}

/** `detected` counts each time the condition was met, `enforced` each ejection that followed. */
export interface EjectionCells {
  readonly detected: Cell;
  readonly enforced: Cell;
}
