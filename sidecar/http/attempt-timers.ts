import { WheelTimer } from '../../shared/time/wheel.ts';
import type { RetryPolicy } from '../cluster/retry/policy.ts';
import type { HttpContext } from './context.ts';

/** Whose times these are. */
export interface Timed {
  /** Another attempt is to begin beside it; `spent`: its own time is over as well, and it goes on without a limit. */
  hedge(spent: boolean): void;
  tooSlow(): void;
}

/** The times of one attempt, where its policy sets any: to the response head, to the next attempt beside it, and between pieces. */
export class AttemptTimers {
  readonly #owner: Timed;
  readonly #context: HttpContext;
  /** Ms from the end of the request to the response head; 0 = no limit. */
  readonly #patience: number;
  /** Ms until another attempt begins beside this one; 0 = never, or it has begun. */
  #hedgeAfter: number;
  /** Ms between pieces of the response; 0 = no limit. */
  readonly #idleLimit: number;
  #answered = false;
  #perTry: WheelTimer | null = null;
  #idle: WheelTimer | null = null;

  constructor(owner: Timed, context: HttpContext, retry: RetryPolicy) {
    this.#owner = owner;
    this.#context = context;
    this.#patience = retry.perTryTimeout;
    this.#hedgeAfter = retry.hedgeAfter;
    this.#idleLimit = retry.perTryIdleTimeout;
  }

  /**
   * The client has sent all of its request. Only then does the time of an attempt run (Envoy's per_try_timeout), unless the response has
   * begun.
   */
  requestEnded(): void {
    if (this.#answered) return;
    const hedges = this.#hedgeAfter > 0 && (this.#patience === 0 || this.#hedgeAfter <= this.#patience);
    const ms = hedges ? this.#hedgeAfter : this.#patience;
    if (ms === 0) return;
    this.#perTry ??= new WheelTimer(() => (this.#hedgeAfter > 0 ? this.#hedge() : this.#owner.tooSlow()));
    if (!hedges) this.#hedgeAfter = 0;
    this.#context.wheel.start(this.#perTry, ms, this.#context.turn.now);
  }

  /** The response head is there. */
  head(): void {
    this.#answered = true;
    if (this.#perTry !== null) this.#context.wheel.stop(this.#perTry);
    this.moved();
  }

  /** Something of the response came, or is waited for from now on. */
  moved(): void {
    if (this.#idleLimit === 0) return;
    this.#idle ??= new WheelTimer(() => this.#owner.tooSlow());
    this.#context.wheel.start(this.#idle, this.#idleLimit, this.#context.turn.now);
  }

  stop(): void {
    if (this.#perTry !== null) this.#context.wheel.stop(this.#perTry);
    if (this.#idle !== null) this.#context.wheel.stop(this.#idle);
  }

  #hedge(): void {
    const left = this.#patience - this.#hedgeAfter;
    this.#hedgeAfter = 0;
    const { turn, wheel } = this.#context;
    if (left > 0 && this.#perTry !== null) wheel.start(this.#perTry, left, turn.now);
    this.#owner.hedge(left === 0);
  }
}
