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
  readonly default: LimitGauges;
  readonly high: LimitGauges;
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
    this.default = new LimitGauges(stats, owner, 'default');
    this.high = new LimitGauges(stats, owner, 'high');
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

/** The circuit breakers of one priority: 1 = the limit is reached, and what is left of each when the plan wants to know. */
export class LimitGauges {
  readonly cxOpen: Cell;
  readonly rqOpen: Cell;
  readonly rqPendingOpen: Cell;
  readonly rqRetryOpen: Cell;
  #remaining: RemainingGauges | null = null;
  readonly #gauge: (name: string) => Cell;

  constructor(stats: Stats, owner: string, priority: 'default' | 'high') {
    this.#gauge = (name) => stats.gauge('cluster', owner, `circuit_breakers.${priority}.${name}`);
    this.cxOpen = this.#gauge('cx_open');
    this.rqOpen = this.#gauge('rq_open');
    this.rqPendingOpen = this.#gauge('rq_pending_open');
    this.rqRetryOpen = this.#gauge('rq_retry_open');
  }

  /** Made when first asked for (Envoy's track_remaining). */
  get remaining(): RemainingGauges {
    this.#remaining ??= {
      cx: this.#gauge('remaining_cx'),
      rq: this.#gauge('remaining_rq'),
      pending: this.#gauge('remaining_pending'),
      retries: this.#gauge('remaining_retries'),
    };
    return this.#remaining;
  }

  clear(): void {
    for (const each of [this.cxOpen, this.rqOpen, this.rqPendingOpen, this.rqRetryOpen]) each.set(0);
    for (const each of Object.values(this.#remaining ?? {})) each.set(0);
  }
}

export type RemainingGauges = Readonly<Record<'cx' | 'rq' | 'pending' | 'retries', Cell>>;
