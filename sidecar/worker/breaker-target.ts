import type { Clock } from '../../shared/time/clock.ts';
import type { Circuit, CircuitState } from '../cluster/breaker/circuit.ts';
import type { TrialOutcome } from '../cluster/breaker/gate.ts';
import type { ErrorRatePlan } from '../core/plan/cluster.ts';
import { BREAKER, SHARED, type Slot } from '../core/slots.ts';
import type { BreakerStats } from '../telemetry/breaker-stats.ts';
import { setFlag } from './availability.ts';

/** Attempts of a trial of which nothing is heard for so long (ms) were lost. */
const LOST_AFTER = 60_000;

/** What a breaker is about: its circuit, and the shared cells that workers look at. */
export class BreakerTarget {
  /** `ip:port`; '' = the service as a whole. */
  readonly endpoint: string;
  /** Set right after construction, since a circuit tells its target. */
  circuit: Circuit | null = null;
  reason = '';
  readonly #plan: ErrorRatePlan;
  readonly #own: Slot;
  readonly #cluster: Slot;
  readonly #clock: Clock;
  readonly #stats: BreakerStats;
  readonly #tell: (state: CircuitState, reason: string) => void;
  #trial = 0;
  #passed = 0;
  /** When the first permit of the trial was seen taken, monotonic ms; -1 = none was. */
  #takenAt = -1;
  /** The state that the gauges show. */
  #shown: CircuitState = 'closed';

  constructor(
    plan: ErrorRatePlan,
    endpoint: string,
    slots: { readonly own: Slot; readonly cluster: Slot },
    clock: Clock,
    stats: BreakerStats,
    tell: (state: CircuitState, reason: string) => void,
  ) {
    this.#plan = plan;
    this.endpoint = endpoint;
    this.#own = slots.own;
    this.#cluster = slots.cluster;
    this.#clock = clock;
    this.#stats = stats;
    this.#tell = tell;
  }

  get state(): CircuitState {
    return this.circuit?.state ?? 'closed';
  }

  tick(successes: number, failures: number): void {
    this.circuit?.feed(successes, failures);
    if (this.state !== 'half-open') return;
    if (this.#takenAt < 0) {
      if (this.#own.shared(SHARED.permits) < this.#plan.probes) this.#takenAt = this.#clock.now();
    } else if (this.#clock.now() - this.#takenAt >= LOST_AFTER) this.restartTrial();
  }

  /** The circuit says that it is in another state. */
  became(state: CircuitState): void {
    const before = this.#shown;
    this.#gauge(state);
    switch (state) {
      case 'open':
        this.#own.setShared(SHARED.permits, 0);
        this.#own.setShared(SHARED.breaker, BREAKER.open);
        // Out of the rotation, so that the shares of the others are exact.
        if (this.endpoint !== '') setFlag(this.#own, this.#cluster, 'broken', true);
        this.#stats.opened.inc();
        break;
      case 'half-open':
        this.#offerTrial();
        if (this.endpoint !== '') setFlag(this.#own, this.#cluster, 'broken', false);
        break;
      case 'closed':
        this.#shut();
        break;
    }
    this.reason = this.#why(before, state);
    this.#tell(state, this.reason);
  }

  ended(trial: number, outcome: TrialOutcome): void {
    if (trial !== this.#trial || this.state !== 'half-open') return;
    if (outcome === 'abandoned') {
      this.#own.bump(SHARED.permits);
      return;
    }
    if (outcome === 'failed') return this.circuit?.decide(false);
    this.#passed += 1;
    if (this.#passed === this.#plan.probes) this.circuit?.decide(true);
  }

  restartTrial(): void {
    if (this.state === 'half-open') this.#offerTrial();
  }

  close(): void {
    this.circuit?.close();
    if (this.state !== 'closed') this.#gauge('closed');
    this.#shut();
  }

  #offerTrial(): void {
    this.#trial = (this.#trial + 1) | 0;
    this.#passed = 0;
    this.#takenAt = -1;
    this.#own.setShared(SHARED.trial, this.#trial);
    this.#own.setShared(SHARED.permits, this.#plan.probes);
    this.#own.setShared(SHARED.breaker, BREAKER.halfOpen);
  }

  #shut(): void {
    this.#own.setShared(SHARED.breaker, BREAKER.closed);
    this.#own.setShared(SHARED.permits, 0);
    if (this.endpoint !== '') setFlag(this.#own, this.#cluster, 'broken', false);
  }

  #gauge(state: CircuitState): void {
    for (const [name, by] of [
      [this.#shown, -1],
      [state, 1],
    ] as const) {
      if (name === 'open') this.#stats.open.add(by);
      else if (name === 'half-open') this.#stats.halfOpen.add(by);
    }
    this.#shown = state;
  }

  #why(before: CircuitState, state: CircuitState): string {
    if (state === 'half-open') return `up to ${this.#plan.probes} attempts are let through as a trial`;
    if (state === 'closed') return 'the trial passed';
    const after = `open for ${this.circuit?.openFor ?? 0} ms`;
    if (before === 'half-open') return `the trial failed, ${after}`;
    const { attempts, failures } = this.circuit?.window ?? { attempts: 0, failures: 0 };
    const percent = Math.round((failures * 1000) / Math.max(1, attempts)) / 10;
    return `${percent} % of ${attempts} attempts within ${this.#plan.window} ms failed, ${after}`;
  }
}
