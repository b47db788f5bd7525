import type { Detector } from '../cluster/outlier/detector.ts';
import type { Cell, Stats } from '../core/stats.ts';

const DETECTORS: readonly Detector[] = [
  'consecutive_5xx',
  'consecutive_gateway_failure',
  'consecutive_local_origin_failure',
];

/** `cluster.NAME.outlier_detection.*` by Envoy's names. */
export class EjectionCounters {
  readonly #active: Cell;
  readonly #total: Cell;
  readonly #overflow: Cell;
  readonly #enforced = new Map<Detector, Cell>();
  readonly #detected = new Map<Detector, Cell>();

  constructor(stats: Stats, owner: string) {
    const counter = (name: string): Cell => stats.counter('cluster', owner, `outlier_detection.${name}`);
    this.#active = stats.gauge('cluster', owner, 'outlier_detection.ejections_active');
    this.#total = counter('ejections_enforced_total');
    this.#overflow = counter('ejections_overflow');
    for (const detector of DETECTORS) {
      this.#enforced.set(detector, counter(`ejections_enforced_${detector}`));
      this.#detected.set(detector, counter(`ejections_detected_${detector}`));
    }
  }

  /** Endpoints that are out: `by` more. */
  active(by: number): void {
    this.#active.add(by);
  }

  detected(detector: Detector): void {
    this.#detected.get(detector)?.inc();
  }

  enforced(detector: Detector): void {
    this.#total.inc();
    this.#enforced.get(detector)?.inc();
  }

  overflow(): void {
    this.#overflow.inc();
  }
}
