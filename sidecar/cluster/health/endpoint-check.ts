import type { Random } from '../../../shared/struct/random.ts';
import type { HealthCheckPlan } from '../../core/plan/health-check.ts';

/** What one probe found. */
export type ProbeResult =
  | { readonly passed: true; readonly degraded: boolean }
  | {
      readonly passed: false;
      /** The endpoint answered, and the answer means no: one is enough, whatever the threshold. */
      readonly final: boolean;
      /** It could not be reached, or did not answer. */
      readonly network: boolean;
      /** A sentence. */
      readonly reason: string;
    };

export type CheckEvent =
  | { readonly kind: 'start' }
  /** What was waited for is over. */
  | { readonly kind: 'due' }
  /** It said in an answer to somebody else that it is not well (x-envoy-immediate-health-check-fail). */
  | { readonly kind: 'sick' }
  /** `traffic`: the cluster has had a request by now. */
  | { readonly kind: 'result'; readonly result: ProbeResult; readonly traffic: boolean };

export type CheckAction =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'probe' }
  /** The endpoint is healthy, or is not, from now on. `first`: nothing was known of it before. */
  | { readonly kind: 'changed'; readonly healthy: boolean; readonly first: boolean; readonly reason: string };

/**
 * The active health check of one endpoint as a state machine, by Envoy's rules: an endpoint begins as unhealthy; its first
 * result decides at once, later ones when as many in a row say the same as the threshold asks for. While that is under
 * way, the edge intervals apply. Source: Envoy, "Health checking".
 */
export class EndpointCheck {
  #plan: HealthCheckPlan;
  readonly #random: Random;
  #healthy: boolean;
  #first = true;
  #passed = 0;
  #failed = 0;

  /** `presumed`: it was in use before anybody checked it, and stays so until its first result decides. */
  constructor(plan: HealthCheckPlan, random: Random, presumed = false) {
    this.#plan = plan;
    this.#random = random;
    this.#healthy = presumed;
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  /** No result has come yet. */
  get pending(): boolean {
    return this.#first;
  }

  /** A changed plan applies from the next event on; what is known of the endpoint stays. */
  adopt(plan: HealthCheckPlan): void {
    this.#plan = plan;
  }

  step(event: CheckEvent): readonly CheckAction[] {
    switch (event.kind) {
      case 'start': {
        const ms = this.#random() * this.#plan.initialJitter;
        return ms > 0 ? [{ kind: 'wait', ms }] : [{ kind: 'probe' }];
      }
      case 'due':
        return [{ kind: 'probe' }];
      case 'sick':
        return this.#healthy ? this.#fall('it says that its health check fails') : [];
      case 'result': {
        const actions = event.result.passed ? this.#pass() : this.#fail(event.result);
        return [...actions, { kind: 'wait', ms: this.#interval(event.result.passed, event.traffic) }];
      }
    }
  }

  #pass(): readonly CheckAction[] {
    const first = this.#first;
    this.#first = false;
    this.#failed = 0;
    if (this.#healthy && !first) return [];
    this.#passed += 1;
    if (!first && this.#passed < this.#plan.healthyThreshold) return [];
    this.#healthy = true;
    this.#passed = 0;
    const reason = first
      ? 'its first health check passed'
      : `${this.#plan.healthyThreshold} health checks in a row passed`;
    return [{ kind: 'changed', healthy: true, first, reason }];
  }

  #fail({ final, reason }: ProbeResult & { passed: false }): readonly CheckAction[] {
    const first = this.#first;
    this.#first = false;
    this.#passed = 0;
    if (first) {
      this.#healthy = false;
      return [{ kind: 'changed', healthy: false, first, reason }];
    }
    if (!this.#healthy) return [];
    this.#failed += 1;
    if (!final && this.#failed < this.#plan.unhealthyThreshold) return [];
    return this.#fall(final ? reason : `${reason}, ${this.#failed} times in a row`);
  }

  #fall(reason: string): readonly CheckAction[] {
    this.#healthy = false;
    this.#failed = 0;
    this.#passed = 0;
    return [{ kind: 'changed', healthy: false, first: false, reason }];
  }

  /** Until the next check: by what this one said, and whether it left something pending. */
  #interval(passed: boolean, traffic: boolean): number {
    const plan = this.#plan;
    const pending = passed ? !this.#healthy : this.#healthy;
    let base: number;
    if (!traffic) base = passed ? plan.noTrafficHealthyInterval : plan.noTrafficInterval;
    else if (passed) base = pending ? plan.healthyEdgeInterval : plan.interval;
    else base = pending ? plan.unhealthyEdgeInterval : plan.unhealthyInterval;
    return base + this.#random() * ((base * plan.intervalJitterPercent) / 100) + this.#random() * plan.intervalJitter;
  }
}
