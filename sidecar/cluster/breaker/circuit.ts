import type { EventEmitter } from 'node:events';
import Opossum from 'opossum';
import type { ErrorRatePlan } from '../../core/plan/cluster.ts';

export type CircuitState = 'closed' | 'open' | 'half-open';

/** Buckets of the rolling window. */
export const BUCKETS = 10;

/** Of one tick no more attempts are told to the window, unless it takes more to reach `minRequests`; the ratio is kept. */
const FIRES = 200;

export type CircuitListener = (state: CircuitState) => void;

/**
 * The circuit of one target: a rolling window, and the states closed, open, half-open, by opossum (decision D6). It is not
 * asked per request; it is told from time to time what happened, and tells when its state changes. Runs in main only.
 */
export class Circuit {
  readonly #plan: ErrorRatePlan;
  /** Emits 'rotate' each time a bucket of the window is over; shared by all circuits of the same window. */
  readonly #rotation: EventEmitter;
  readonly #listener: CircuitListener;
  #circuit: Opossum<[boolean], void>;
  /** The library keeps this object, and reads `resetTimeout` each time that it opens. */
  #options: Opossum.Options<[boolean]> = {};
  /** Trials in a row that failed. */
  #failed = 0;
  /** Failures of this tick that the library has not counted yet: it opens with the first that is too much. */
  #untold = 0;
  #state: CircuitState = 'closed';

  constructor(plan: ErrorRatePlan, rotation: EventEmitter, listener: CircuitListener) {
    this.#plan = plan;
    this.#rotation = rotation;
    this.#listener = listener;
    this.#circuit = this.#make();
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** How long it is open this time, ms: doubled with each trial that failed. */
  get openFor(): number {
    return Math.min(this.#plan.maxOpenFor, this.#plan.openFor * 2 ** this.#failed);
  }

  /** What is in the window. */
  get window(): { readonly attempts: number; readonly failures: number } {
    const { failures, fires } = this.#circuit.stats;
    return { attempts: fires, failures: failures + this.#untold };
  }

  /** So many attempts succeeded and failed since the last call. While it is not closed, that says nothing new. */
  feed(successes: number, failures: number): void {
    if (this.#state !== 'closed') return;
    const total = successes + failures;
    if (total <= 0) return;
    const fires = Math.min(total, Math.max(FIRES, this.#plan.minRequests));
    const failed = Math.round((failures * fires) / total);
    this.#untold = failed;
    // All are fired before the first has ended, so that the order says nothing.
    for (let nth = 0; nth < fires; nth += 1) this.#fire(nth >= failed);
  }

  /** The trial of the half-open circuit ended. */
  decide(passed: boolean): void {
    if (this.#state !== 'half-open') return;
    if (passed) {
      this.#failed = 0;
      this.#circuit.shutdown();
      // With an empty window: the failures before the trial are told already.
      this.#circuit = this.#make();
      this.#become('closed');
      return;
    }
    this.#failed += 1;
    this.#options.resetTimeout = this.openFor;
    this.#circuit.open();
  }

  close(): void {
    this.#circuit.shutdown();
  }

  #fire(ok: boolean): void {
    this.#circuit.fire(ok).catch(() => {});
  }

  #make(): Opossum<[boolean], void> {
    const { minRequests, threshold, window } = this.#plan;
    this.#options = {
      // The library opens above its threshold, and we at ours.
      errorThresholdPercentage: threshold - 1e-9,
      volumeThreshold: minRequests,
      rollingCountTimeout: window,
      rollingCountBuckets: BUCKETS,
      rotateBucketController: this.#rotation,
      resetTimeout: this.openFor,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      timeout: false,
    };
    const circuit = new Opossum<[boolean], void>(
      (ok) => (ok ? Promise.resolve() : Promise.reject(failed)),
      this.#options,
    );
    circuit.on('failure', () => {
      this.#untold -= 1;
    });
    circuit.on('open', () => this.#become('open'));
    circuit.on('halfOpen', () => this.#become('half-open'));
    return circuit;
  }

  #become(state: CircuitState): void {
    this.#state = state;
    this.#listener(state);
  }
}

/** What an attempt fails with, towards the library. */
const failed = new Error('the attempt failed');
