import type { Random } from '../../shared/struct/random.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Filter, LocalReply, Verdict } from '../core/filter.ts';
import type { FaultAssignmentPlan, FaultRulePlan } from '../core/plan/fault.ts';
import type { Cell, Stats } from '../core/stats.ts';
import { RouteMatch } from '../route/match.ts';
import { abortReply, drawn, type FaultCounters, type FaultSurroundings, Injections, shareOf } from './injection.ts';

/** The filters of one FaultAssignment; null where it has no rule for that place. */
export interface AssignedFaults {
  readonly perRequest: Filter | null;
  readonly perAttempt: Filter | null;
}

/**
 * The faults towards one service (decision D21): rules at `request` act once per request, rules at `attempt` on each attempt,
 * where retries, breakers and outlier detection see them. When the lease ends, the plan without them arrives.
 */
export function assignFaults(plan: FaultAssignmentPlan, around: FaultSurroundings): AssignedFaults {
  const at = (place: FaultRulePlan['at']): Filter | null => {
    const rules = plan.rules.filter((rule) => rule.at === place);
    return rules.length === 0 ? null : new AssignmentFilter(`aya.fault.${place}`, plan.service, rules, around);
  };
  return { perRequest: at('request'), perAttempt: at('attempt') };
}

/** Every rule that matches is tried, in order; the first delay and the first abort drawn are injected. */
class AssignmentFilter implements Filter {
  readonly name: string;
  readonly #rules: readonly FaultRule[];
  readonly #injections: Injections;
  readonly #random: Random;

  constructor(name: string, service: string, rules: readonly FaultRulePlan[], around: FaultSurroundings) {
    this.name = name;
    this.#rules = rules.map((rule) => new FaultRule(rule, service, around));
    this.#injections = new Injections(around);
    this.#random = around.random;
  }

  onRequest(x: Exchange, proceed: (verdict: LocalReply | null) => void): Verdict {
    const random = this.#random;
    let delay: FaultRule['delay'] = null;
    let abort: FaultRule['abort'] = null;
    for (const rule of this.#rules) {
      if (!rule.applies(x, random)) continue;
      if (delay === null && rule.delay !== null && drawn(rule.delay.percent, random)) delay = rule.delay;
      if (abort === null && rule.abort !== null && drawn(rule.abort.percent, random)) abort = rule.abort;
    }
    return delay === null && abort === null ? null : this.#injections.inject(x, delay, abort, proceed);
  }

  onEnd(x: Exchange): void {
    this.#injections.end(x);
  }
}

class FaultRule {
  readonly delay: { readonly percent: number; readonly fixed: number; readonly counters: FaultCounters } | null;
  readonly abort: { readonly percent: number; readonly reply: LocalReply; readonly counters: FaultCounters } | null;
  readonly #match: readonly RouteMatch[];

  constructor(plan: FaultRulePlan, service: string, around: FaultSurroundings) {
    const limit = shareOf(plan.maxActive, around.workers, around.me);
    const counters = new RuleCounters(around.stats, service, plan.policy, limit);
    this.delay = plan.delay ? { ...plan.delay, counters } : null;
    this.abort = plan.abort ? { percent: plan.abort.percent, reply: abortReply(plan.abort), counters } : null;
    this.#match = plan.match.map((each) => new RouteMatch(each));
  }

  /** No condition at all, or any of them. */
  applies(x: Exchange, random: Random): boolean {
    return this.#match.length === 0 || this.#match.some((each) => each.matches(x, random));
  }
}

/** `aya_faults_injected_total` and `aya_faults_overflow_total` by policy: injected failures are told from real ones. */
class RuleCounters implements FaultCounters {
  readonly #delays: Cell;
  readonly #aborts: Cell;
  readonly #overflow: Cell;
  readonly #limit: number;
  #active = 0;

  constructor(stats: Stats, service: string, policy: string, limit: number) {
    const labels = { service, policy };
    this.#delays = stats.labelled('aya_faults_injected_total', { ...labels, fault: 'delay' });
    this.#aborts = stats.labelled('aya_faults_injected_total', { ...labels, fault: 'abort' });
    this.#overflow = stats.labelled('aya_faults_overflow_total', labels);
    this.#limit = limit;
  }

  begin(): boolean {
    if (this.#active >= this.#limit) {
      this.#overflow.inc();
      return false;
    }
    this.#active += 1;
    return true;
  }

  end(): void {
    this.#active -= 1;
  }

  delayed(): void {
    this.#delays.inc();
  }

  aborted(): void {
    this.#aborts.inc();
  }
}
