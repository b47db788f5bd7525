import type { Log } from '../../shared/log/log.ts';
import { systemRandom } from '../../shared/struct/random.ts';
import { systemClock } from '../../shared/time/clock.ts';
import { proberFor } from '../cluster/health/probe.ts';
import type { AccessLogPlan } from '../core/plan/access-log.ts';
import type { PlanDelta } from '../core/plan/delta.ts';
import { ROW } from '../core/slots.ts';
import { Discovery } from '../discovery/discovery.ts';
import type { LastGood } from '../discovery/last-good.ts';
import type { BootstrapResult } from '../plan/bootstrap.ts';
import { applyHealth } from '../plan/health.ts';
import type { Change } from '../plan/world.ts';
import { touched } from '../runtime/pieces.ts';
import { StatsCollector } from '../telemetry/collect.ts';
import { type BreakerEvent, Breakers } from '../worker/breakers.ts';
import { type EjectionEvent, Ejector } from '../worker/ejector.ts';
import { type CheckEventRecord, HealthChecker } from '../worker/health-checker.ts';
import { WorkerHost } from '../worker/host.ts';
import type { ListenerBook } from '../worker/listener-book.ts';
import { LoadWatch } from '../worker/load-watch.ts';
import type { NodeIdentity } from '../worker/protocol.ts';
import { SlotAllocator } from '../worker/slot-allocator.ts';

/** How often freed slots are looked for, ms. */
const SWEEP_EVERY = 5_000;
/** Events of each kind kept for the admin. */
const EVENTS_KEPT = 200;

export interface ControlPathOptions {
  readonly workers: number;
  readonly identity: NodeIdentity;
  readonly log: Log;
  readonly lenient: boolean;
  /** Where commands of health checks are looked for. */
  readonly commandPath: string;
  readonly listeners: ListenerBook;
  /** For discovered listeners that bring no access log. */
  readonly accessLogs: readonly AccessLogPlan[];
  readonly lastGood: (clock: typeof systemClock) => LastGood | null;
  readonly onFatal: (error: Error) => void;
  /** What is known of the health of endpoints may have changed. */
  readonly onHealth: () => void;
}

/**
 * Main's side of the sidecar, from memory up: statistics and slots -> workers -> ejector (reads reports and rows, writes
 * flags), checker (probes, writes flags) and breakers (read rows, write states) -> discovery (bootstrap, DNS, control plane
 * -> changes of the plan) -> deltas to the workers, sockets for listeners, policies for ejector, checker and breakers.
 */
export class ControlPath {
  readonly clock = systemClock;
  readonly stats = new StatsCollector();
  readonly slots: SlotAllocator;
  readonly host: WorkerHost;
  readonly ejector: Ejector;
  readonly checker: HealthChecker;
  readonly #loads: LoadWatch;
  readonly breakers: Breakers;
  readonly discovery: Discovery;
  /** The newest last. */
  readonly ejections: EjectionEvent[] = [];
  readonly checks: CheckEventRecord[] = [];
  readonly breaks: BreakerEvent[] = [];
  readonly #options: ControlPathOptions;
  readonly #lastGood: LastGood | null;
  readonly #opening = new Map<string, Promise<void>>();

  /** `bootstrap` is checked. */
  constructor(bootstrap: BootstrapResult, options: ControlPathOptions) {
    this.#options = options;
    const { log, workers } = options;
    this.slots = new SlotAllocator(workers, (page) => this.host.announcePage(page));
    this.host = new WorkerHost({
      workers,
      identity: options.identity,
      slots: this.slots,
      stats: this.stats,
      listeners: options.listeners,
      clock: this.clock,
      log,
      onTripped: (slot, detector) => this.ejector.reported(slot, detector),
      onTrial: (slot, trial, outcome) => this.breakers.ended(slot, trial, outcome),
      onSick: (slot) => this.checker.sick(slot),
      onDied: () => this.breakers.workerDied(),
      onHost: (host) => this.discovery.ask(host, (result) => this.host.answerHost(host, result)),
      onFatal: options.onFatal,
    });
    this.ejector = new Ejector({
      slots: this.slots.table,
      clock: this.clock,
      random: systemRandom,
      stats: this.stats.own,
      onEvent: (event) => this.#ejected(event),
    });
    this.checker = new HealthChecker({
      slots: this.slots.table,
      clock: this.clock,
      random: systemRandom,
      stats: this.stats.own,
      prober: (plan, target) => proberFor(plan, target, options),
      onEvent: (event) => this.#checked(event),
      onPassed: (slot) => this.ejector.passedCheck(slot),
    });
    this.#loads = new LoadWatch({ slots: this.slots.table, clock: this.clock, random: systemRandom, log });
    this.breakers = new Breakers({
      slots: this.slots.table,
      clock: this.clock,
      stats: this.stats.own,
      load: () => import('../cluster/breaker/kit.ts'),
      onEvent: (event) => this.#broke(event),
    });
    this.#lastGood = options.lastGood(this.clock);
    this.discovery = new Discovery({
      bootstrap,
      slots: this.slots,
      clock: this.clock,
      random: systemRandom,
      log,
      lenient: options.lenient,
      accessLogs: options.accessLogs,
      lastGood: this.#lastGood,
      requestsOf: (cluster) => this.#requestsOf(cluster),
      apply: (change) => this.#apply(change),
    });
    this.clock.every(SWEEP_EVERY, () => this.slots.sweep(this.host.oldestEpoch));
  }

  /** Starts the workers on what is known so far; resolves when that is in force and its listeners are open. */
  async start(): Promise<void> {
    const kept = (await this.#lastGood?.load()) ?? [];
    this.host.start();
    this.discovery.start(kept);
    await this.host.inForce(this.host.plan.epoch);
    await Promise.all(this.#opening.values());
  }

  /** Listeners whose sockets are not open in every worker yet. */
  get opening(): string[] {
    return [...this.#opening.keys()];
  }

  async close(): Promise<void> {
    await this.discovery.stop();
    this.breakers.close();
    this.#loads.close();
    this.checker.close();
    this.ejector.close();
    await this.host.close();
  }

  #apply({ delta, health }: Change): void {
    applyHealth(this.slots.table, health);
    if (!delta) return;
    this.host.apply(delta).then(() => this.discovery.inForce(delta.epoch));
    this.#watchHealth(delta);
    for (const name of touched(delta, 'listener')) this.#bind(name);
  }

  /** A listener is its address: it is opened, closed or moved; every other change reaches the workers by the plan. */
  #bind(name: string): void {
    const plan = this.host.plan.listener.get(name);
    const bound = this.host.listeners.address(name);
    const stays = plan && bound && bound.address === plan.address && (plan.port === 0 || bound.port === plan.port);
    if (stays) return;
    if (bound) this.host.unlisten(name);
    if (!plan) return;
    const { log, onFatal } = this.#options;
    const opening = this.host.listen(name, plan.address, plan.port).then(
      ({ address, port }) => {
        this.#opening.delete(name);
        log.info({ listener: name, address, port }, 'listening');
      },
      (error: Error) => onFatal(new Error(`listener ${name}: ${error.message}`)),
    );
    this.#opening.set(name, opening);
  }

  #watchHealth(delta: PlanDelta): void {
    const endpoints = touched(delta, 'endpoints');
    const clusters = touched(delta, 'cluster');
    for (const [name, plan] of this.host.plan.cluster) {
      if (!clusters.has(name) && !endpoints.has(plan.endpoints)) continue;
      const members = this.host.plan.endpoints.get(plan.endpoints) ?? null;
      this.ejector.put(plan, members);
      this.checker.put(plan, members);
      this.breakers.put(plan, members);
      this.#loads.put(plan, members);
    }
    for (const name of clusters) {
      if (this.host.plan.cluster.has(name)) continue;
      this.ejector.remove(name);
      this.checker.remove(name);
      this.breakers.remove(name);
      this.#loads.remove(name);
    }
    this.#options.onHealth();
  }

  #requestsOf(cluster: string): number {
    const plan = this.host.plan.cluster.get(cluster);
    if (!plan) return 0;
    return this.slots.table.slot(plan.slot).sum(ROW.requests) + this.slots.table.slot(plan.highSlot).sum(ROW.requests);
  }

  #checked(event: CheckEventRecord): void {
    keep(this.checks, event);
    this.#options.onHealth();
    const text = `health check: ${event.reason}`;
    if (event.healthy) this.#options.log.info({ ...event }, text);
    else this.#options.log.warn({ ...event }, text);
  }

  #broke(event: BreakerEvent): void {
    keep(this.breaks, event);
    this.#options.onHealth();
    const text = `error-rate breaker ${event.state}: ${event.reason}`;
    if (event.state === 'open') this.#options.log.warn({ ...event }, text);
    else this.#options.log.info({ ...event }, text);
  }

  #ejected(event: EjectionEvent): void {
    keep(this.ejections, event);
    this.#options.onHealth();
    this.#options.log.warn({ ...event }, `outlier detection: ${event.reason}`);
  }
}

function keep<T>(events: T[], event: T): void {
  events.push(event);
  if (events.length > EVENTS_KEPT) events.shift();
}
