import { type Random, seededRandom } from '../../shared/struct/random.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Filter, LocalReply, Verdict } from '../core/filter.ts';
import type { FaultAssignmentPlan, FaultRulePlan, ResponseFaultPlan } from '../core/plan/fault.ts';
import type { Detour } from '../core/pool.ts';
import type { Cell, Stats } from '../core/stats.ts';
import { RouteMatch } from '../route/match.ts';
import { breakage } from './broken-way.ts';
import { FaultTerm } from './fault-term.ts';
import { abortReply, drawn, type FaultCounters, type FaultSurroundings, Injections, shareOf } from './injection.ts';
import { spoilage } from './spoiled-way.ts';
import { drawDelay } from './spread.ts';

/** The filters of one FaultAssignment; null where it has no rule for that place. */
export interface AssignedFaults {
  readonly perRequest: Filter | null;
  readonly perAttempt: Filter | null;
  /** They are no longer in force: nothing is held back by them any more. */
  end(): void;
}

/**
 * The faults towards one service (decision D21): rules at `request` act once per request, rules at `attempt` on each attempt,
 * where retries, breakers and outlier detection see them. When the lease ends, the plan without them arrives, and `end` is called.
 */
export function assignFaults(plan: FaultAssignmentPlan, around: FaultSurroundings): AssignedFaults {
  const term = new FaultTerm();
  const limits = new Map<string, ActiveFaults>();
  // A policy may need several rules; its limit holds over all of them.
  const limitOf = ({ maxActive, policy }: FaultRulePlan): ActiveFaults => {
    let limit = limits.get(policy);
    if (!limit) {
      limit = new ActiveFaults(shareOf(maxActive, around.workers, around.me));
      limits.set(policy, limit);
    }
    return limit;
  };
  const at = (place: FaultRulePlan['at']): Filter | null => {
    const rules = plan.rules.filter((rule) => rule.at === place);
    return rules.length === 0 ? null : new AssignmentFilter(place, plan.service, rules, limitOf, { ...around, term });
  };
  return { perRequest: at('request'), perAttempt: at('attempt'), end: () => term.end() };
}

/** Every rule that matches is tried, in order; of each kind the first that is drawn is injected. */
class AssignmentFilter implements Filter {
  readonly name: string;
  readonly #rules: readonly FaultRule[];
  readonly #injections: Injections;

  constructor(
    place: FaultRulePlan['at'],
    service: string,
    rules: readonly FaultRulePlan[],
    limitOf: (rule: FaultRulePlan) => ActiveFaults,
    around: FaultSurroundings,
  ) {
    this.name = `aya.fault.${place}`;
    this.#rules = rules.map((rule) => new FaultRule(rule, service, limitOf(rule), around));
    this.#injections = new Injections(around, place === 'request');
  }

  onRequest(x: Exchange, proceed: (verdict: LocalReply | null) => void): Verdict {
    let delaying: FaultRule | null = null;
    let aborting: FaultRule | null = null;
    let connection: DetourFault | null = null;
    let response: DetourFault | null = null;
    for (const rule of this.#rules) {
      const { abort, delay, random } = rule;
      if (!rule.applies(x)) continue;
      if (delaying === null && delay !== null && drawn(delay.percent, random)) delaying = rule;
      if (aborting === null && abort !== null && drawn(abort.percent, random)) aborting = rule;
      connection ??= rule.connection?.drawn(random) ?? null;
      response ??= rule.response?.drawn(random) ?? null;
    }
    if (delaying === null && aborting === null && connection === null && response === null) return null;
    const detours = [connection, response].filter((each) => each !== null);
    return this.#injections.inject(
      x,
      {
        delay: delaying === null ? 0 : delaying.length(),
        delayCounters: delaying === null ? null : delaying.counters,
        abort: aborting === null ? null : aborting.abort,
        detours,
      },
      proceed,
    );
  }

  onEnd(_x: Exchange, proceed: (verdict: LocalReply | null) => void): void {
    this.#injections.end(proceed);
  }
}

class FaultRule {
  readonly delay: FaultRulePlan['delay'];
  readonly abort: { readonly percent: number; readonly reply: LocalReply; readonly counters: FaultCounters } | null;
  readonly connection: DetourFault | null;
  readonly response: DetourFault | null;
  readonly counters: FaultCounters;
  /** Its own when the rule has a seed, so that other traffic does not bend what it draws. */
  readonly random: Random;
  readonly #match: readonly RouteMatch[];

  constructor(plan: FaultRulePlan, service: string, limit: ActiveFaults, around: FaultSurroundings) {
    const { abort, connection, delay, exempt = false, response, seed } = plan;
    // Each worker draws a stream of its own.
    this.random = seed == null ? around.random : seededRandom(seed + around.me * SEED_STRIDE);
    this.delay = delay;
    const kinds = response ? effectsOf(response) : [];
    const counters = new RuleCounters(around.stats, service, plan.policy, limit, [
      ...(delay ? ['delay'] : []),
      ...(abort ? ['abort'] : []),
      ...(connection ? [connection.kind] : []),
      ...kinds,
    ]);
    this.counters = counters;
    this.abort = abort ? { percent: abort.percent, reply: abortReply(abort, exempt), counters } : null;
    this.connection = connection
      ? new DetourFault(connection.percent, [connection.kind], breakage(connection, exempt, around), counters)
      : null;
    this.response = response
      ? new DetourFault(response.percent, kinds, spoilage(response, exempt, around, this.random), counters)
      : null;
    this.#match = plan.match.map((each) => new RouteMatch(each));
  }

  /** No condition at all, or any of them. */
  applies(x: Exchange): boolean {
    return this.#match.length === 0 || this.#match.some((each) => each.matches(x, this.random));
  }

  /** Ms of one delay. */
  length(): number {
    if (this.delay === null) return 0;
    const { fixed, spread } = this.delay;
    return spread === undefined ? fixed : drawDelay(spread, this.random);
  }
}

/** Streams of seeds that differ by this are far apart. */
const SEED_STRIDE = 0x9e3779b9;

class DetourFault {
  readonly percent: number;
  readonly kinds: readonly string[];
  readonly detour: Detour;
  readonly counters: FaultCounters;

  constructor(percent: number, kinds: readonly string[], detour: Detour, counters: FaultCounters) {
    this.percent = percent;
    this.kinds = kinds;
    this.detour = detour;
    this.counters = counters;
  }

  drawn(random: Random): DetourFault | null {
    return drawn(this.percent, random) ? this : null;
  }
}

/** What a response fault does, in the words of the statistics. */
function effectsOf(plan: ResponseFaultPlan): string[] {
  return [
    ...(plan.bytesPerSecond > 0 ? ['bandwidth'] : []),
    ...(plan.slice === null ? [] : ['slice']),
    ...(plan.slowClose > 0 ? ['slow-close'] : []),
    ...(plan.truncateAfter >= 0 ? ['truncate'] : []),
    ...(plan.corruptEvery > 0 ? ['corrupt'] : []),
    ...(plan.setHeaders.length + plan.removeHeaders.length > 0 ? ['headers'] : []),
    ...(plan.dropTrailers ? ['drop-trailers'] : []),
  ];
}

/** This worker's places for faults of one policy that are under way at once. */
class ActiveFaults {
  readonly #limit: number;
  #active = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  begin(): boolean {
    if (this.#active >= this.#limit) return false;
    this.#active += 1;
    return true;
  }

  end(): void {
    this.#active -= 1;
  }
}

/** `aya_faults_injected_total` and `aya_faults_overflow_total` by policy: injected failures are told from real ones. */
class RuleCounters implements FaultCounters {
  readonly #injected = new Map<string, Cell>();
  readonly #overflow: Cell;
  readonly #limit: ActiveFaults;

  constructor(stats: Stats, service: string, policy: string, limit: ActiveFaults, kinds: readonly string[]) {
    const labels = { service, policy };
    for (const fault of kinds)
      this.#injected.set(fault, stats.labelled('aya_faults_injected_total', { ...labels, fault }));
    this.#overflow = stats.labelled('aya_faults_overflow_total', labels);
    this.#limit = limit;
  }

  begin(): boolean {
    if (this.#limit.begin()) return true;
    this.#overflow.inc();
    return false;
  }

  end(): void {
    this.#limit.end();
  }

  injected(kind: string): void {
    this.#injected.get(kind)?.inc();
  }
}
