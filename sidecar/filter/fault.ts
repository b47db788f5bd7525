import type { Random } from '../../shared/struct/random.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Filter, LocalReply, Verdict } from '../core/filter.ts';
import type { HeaderList } from '../core/headers.ts';
import type { HttpFaultPlan } from '../core/plan/fault.ts';
import type { Cell } from '../core/stats.ts';
import { type HeadTest, headerTest } from '../route/header-match.ts';
import type { Timing } from './broken-way.ts';
import {
  abortReply,
  type Drawn,
  drawn,
  type FaultCounters,
  type FaultSurroundings,
  Injections,
  shareOf,
} from './injection.ts';
import { spoilage, UNSPOILED } from './spoiled-way.ts';

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
    const own = override === undefined || typeof override === 'string' || 'maxRequestBytes' in override;
    const settings = own ? this.#own : (this.#overrides.get(override) ?? this.#override(override));
    if (!settings.applies(x)) return null;
    const { random } = this.#around;
    const delay = settings.delayOf(x, random);
    const abort = settings.abortOf(x, random);
    const rate = settings.rateOf(x, random);
    if (delay === 0 && abort === null && rate === null) return null;
    return this.#injections.inject(
      x,
      { delay, delayCounters: settings.counters, abort, detours: rate === null ? [] : [rate] },
      proceed,
    );
  }

  onEnd(_x: Exchange, proceed: (verdict: LocalReply | null) => void): void {
    this.#injections.end(proceed);
  }

  #override(plan: HttpFaultPlan): FaultSettings {
    const settings = this.#compile(plan);
    this.#overrides.set(plan, settings);
    return settings;
  }

  #compile(plan: HttpFaultPlan): FaultSettings {
    const { me, workers } = this.#around;
    return new FaultSettings(plan, new SharedLimit(this.#cells, shareOf(plan.maxActive, workers, me)), this.#around);
  }
}

/**
 * One HttpFaultPlan, compiled. Delay, abort and rate are drawn independently of each other, the abort even when it will be
 * answered only after the delay. Where the request's headers say what is to happen, they may lower the configured share
 * but not raise it.
 */
class FaultSettings {
  readonly counters: FaultCounters;
  readonly #plan: HttpFaultPlan;
  readonly #timing: Timing;
  readonly #reply: LocalReply | null;
  readonly #headers: readonly HeadTest[];

  constructor(plan: HttpFaultPlan, counters: FaultCounters, timing: Timing) {
    this.counters = counters;
    this.#plan = plan;
    this.#timing = timing;
    this.#reply = plan.abort === null ? null : abortReply(plan.abort);
    this.#headers = plan.headers.map(headerTest);
  }

  applies(x: Exchange): boolean {
    const { abort, delay, rate, upstreamCluster } = this.#plan;
    if (delay === null && abort === null && !rate) return false;
    if (upstreamCluster !== '' && upstreamCluster !== x.cluster) return false;
    return this.#headers.every((each) => each.matches(x));
  }

  /** Ms; 0 = none. */
  delayOf({ headers }: Exchange, random: Random): number {
    const { delay } = this.#plan;
    if (delay === null) return 0;
    if (!delay.byHeader) return drawn(delay.percent, random) ? delay.fixed : 0;
    const ms = numberIn(headers, 'x-envoy-fault-delay-request', LONGEST);
    const share = lowered(delay.percent, headers, 'x-envoy-fault-delay-request-percentage');
    return ms > 0 && drawn(share, random) ? ms : 0;
  }

  abortOf({ headers }: Exchange, random: Random): Drawn['abort'] {
    const { abort } = this.#plan;
    const { counters } = this;
    if (abort === null || this.#reply === null) return null;
    if (!abort.byHeader) return drawn(abort.percent, random) ? { reply: this.#reply, counters } : null;
    const status = numberIn(headers, 'x-envoy-fault-abort-request', 599);
    const grpcStatus = numberIn(headers, 'x-envoy-fault-abort-grpc-request', 16);
    if (status < 200 && grpcStatus < 0) return null;
    if (!drawn(lowered(abort.percent, headers, 'x-envoy-fault-abort-request-percentage'), random)) return null;
    const { percent } = abort;
    const plan = status >= 200 ? { percent, status, grpcStatus: null } : { percent, status: 200, grpcStatus };
    return { reply: abortReply(plan), counters };
  }

  rateOf({ headers }: Exchange, random: Random): Drawn['detours'][number] | null {
    const { rate } = this.#plan;
    if (!rate) return null;
    const name = 'x-envoy-fault-throughput-response';
    const { byHeader } = rate;
    const bytesPerSecond = byHeader ? numberIn(headers, name, MOST_KIB) * 1_024 : rate.bytesPerSecond;
    const share = byHeader ? lowered(rate.percent, headers, `${name}-percentage`) : rate.percent;
    if (bytesPerSecond <= 0 || !drawn(share, random)) return null;
    const detour = spoilage({ ...UNSPOILED, bytesPerSecond }, false, this.#timing, random);
    return { kinds: ['rate'], detour, counters: this.counters };
  }
}

/** The longest delay that a header may ask for, ms; and the largest rate, KiB/s. */
const LONGEST = 3_600_000;
const MOST_KIB = 1 << 20;

/** A whole number of a request header, or -1 where there is none that may be. */
function numberIn(headers: HeaderList, name: string, most: number): number {
  const value = headers.get(name);
  return value !== undefined && /^\d{1,9}$/.test(value) && Number(value) <= most ? Number(value) : -1;
}

function lowered(percent: number, headers: HeaderList, name: string): number {
  const asked = numberIn(headers, name, 100);
  return asked < 0 ? percent : Math.min(asked, percent);
}

/** `http.PREFIX.fault.*`. */
class FaultCells {
  readonly delays: Cell;
  readonly aborts: Cell;
  readonly rates: Cell;
  readonly overflow: Cell;
  readonly active: Cell;

  constructor({ stats }: FaultSurroundings, prefix: string) {
    this.delays = stats.counter('http', prefix, 'fault.delays_injected');
    this.aborts = stats.counter('http', prefix, 'fault.aborts_injected');
    this.rates = stats.counter('http', prefix, 'fault.response_rl_injected');
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

  injected(kind: string): void {
    const { aborts, delays, rates } = this.#cells;
    (kind === 'delay' ? delays : kind === 'abort' ? aborts : rates).inc();
  }
}
