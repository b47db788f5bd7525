import type { Exchange } from '../core/exchange.ts';
import type { Filter, LocalReply, Verdict } from '../core/filter.ts';
import type { HttpFaultPlan } from '../core/plan/fault.ts';
import type { Cell } from '../core/stats.ts';
import { type HeadTest, headerTest } from '../route/header-match.ts';
import { abortReply, drawn, type FaultCounters, type FaultSurroundings, Injections, shareOf } from './injection.ts';

/**
 * Envoy's HTTP fault filter: to a share of requests a delay, to a share an abort, drawn independently; a route or virtual
 * host may override the listener's settings. Source: Envoy's fault.proto and "Fault Injection".
 */
export class FaultFilter implements Filter {
  readonly name: string;
  readonly #around: FaultSurroundings;
  readonly #injections: Injections;
  readonly #cells: FaultCells;
  readonly #own: FaultSettings;
  /** Overrides as routes bring them; compiled when first met, gone with their routes. */
  readonly #overrides = new WeakMap<HttpFaultPlan, FaultSettings>();

  /** `prefix`: stat prefix of the HTTP connection manager. */
  constructor(name: string, plan: HttpFaultPlan, prefix: string, around: FaultSurroundings) {
    this.name = name;
    this.#around = around;
    this.#injections = new Injections(around);
    this.#cells = new FaultCells(around, prefix);
    this.#own = this.#compile(plan);
  }

  onRequest(x: Exchange, proceed: (verdict: LocalReply | null) => void): Verdict {
    const override = x.filterConfig === null ? undefined : x.filterConfig[this.name];
    const settings = override === undefined ? this.#own : (this.#overrides.get(override) ?? this.#override(override));
    if (!settings.applies(x)) return null;
    const { abort, delay } = settings;
    const { random } = this.#around;
    // Drawn independently of each other, the abort's even when it will be answered only after the delay.
    const held = delay !== null && drawn(delay.percent, random);
    const refused = abort !== null && drawn(abort.percent, random);
    if (!held && !refused) return null;
    return this.#injections.inject(x, held ? delay : null, refused ? abort : null, proceed);
  }

  onEnd(x: Exchange): void {
    this.#injections.end(x);
  }

  #override(plan: HttpFaultPlan): FaultSettings {
    const settings = this.#compile(plan);
    this.#overrides.set(plan, settings);
    return settings;
  }

  #compile(plan: HttpFaultPlan): FaultSettings {
    const { me, workers } = this.#around;
    return new FaultSettings(plan, new SharedLimit(this.#cells, shareOf(plan.maxActive, workers, me)));
  }
}

/** One HttpFaultPlan, compiled. */
class FaultSettings {
  readonly delay: { readonly percent: number; readonly fixed: number; readonly counters: FaultCounters } | null;
  readonly abort: { readonly percent: number; readonly reply: LocalReply; readonly counters: FaultCounters } | null;
  readonly #headers: readonly HeadTest[];
  readonly #cluster: string;

  constructor(plan: HttpFaultPlan, counters: FaultCounters) {
    this.delay = plan.delay ? { ...plan.delay, counters } : null;
    this.abort = plan.abort ? { percent: plan.abort.percent, reply: abortReply(plan.abort), counters } : null;
    this.#headers = plan.headers.map(headerTest);
    this.#cluster = plan.upstreamCluster;
  }

  applies(x: Exchange): boolean {
    if (this.delay === null && this.abort === null) return false;
    if (this.#cluster !== '' && this.#cluster !== x.cluster) return false;
    return this.#headers.every((each) => each.matches(x));
  }
}

/** `http.PREFIX.fault.*`. */
class FaultCells {
  readonly delays: Cell;
  readonly aborts: Cell;
  readonly overflow: Cell;
  readonly active: Cell;

  constructor({ stats }: FaultSurroundings, prefix: string) {
    this.delays = stats.counter('http', prefix, 'fault.delays_injected');
    this.aborts = stats.counter('http', prefix, 'fault.aborts_injected');
    this.overflow = stats.counter('http', prefix, 'fault.faults_overflow');
    this.active = stats.gauge('http', prefix, 'fault.active_faults');
  }
}

/** All faults of a filter are active together, and each of its settings has its own limit for them. */
class SharedLimit implements FaultCounters {
  readonly #cells: FaultCells;
  readonly #limit: number;

  constructor(cells: FaultCells, limit: number) {
    this.#cells = cells;
    this.#limit = limit;
  }

  begin(): boolean {
    const { active, overflow } = this.#cells;
    if (active.value >= this.#limit) {
      overflow.inc();
      return false;
    }
    active.inc();
    return true;
  }

  end(): void {
    this.#cells.active.add(-1);
  }

  delayed(): void {
    this.#cells.delays.inc();
  }

  aborted(): void {
    this.#cells.aborts.inc();
  }
}
