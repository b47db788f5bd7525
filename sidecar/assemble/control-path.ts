import type { Log } from '../../shared/log/log.ts';
import { systemRandom } from '../../shared/struct/random.ts';
import { type Cancel, systemClock } from '../../shared/time/clock.ts';
import type { PlanDelta } from '../core/plan.ts';
import type { BootstrapResult } from '../plan/bootstrap.ts';
import { DnsWatches } from '../plan/dns.ts';
import { applyHealth } from '../plan/health.ts';
import type { HostPort } from '../plan/listener.ts';
import { type Change, World } from '../plan/world.ts';
import { touched } from '../runtime/pieces.ts';
import { StatsCollector } from '../telemetry/collect.ts';

import { type EjectionEvent, Ejector } from '../worker/ejector.ts';
import { WorkerHost } from '../worker/host.ts';
import type { NodeIdentity } from '../worker/protocol.ts';
import { SlotAllocator } from '../worker/slot-allocator.ts';

/** How often freed slots are looked for, ms. */
const SWEEP_EVERY = 5_000;
/** Ejection events kept for the admin. */
const EVENTS_KEPT = 200;

export interface ControlPathOptions {
  readonly workers: number;
  readonly logLevel: string;
  readonly identity: NodeIdentity;
  readonly log: Log;
  readonly onFatal: (error: Error) => void;
}

/**
 * Main's side of the sidecar, from memory up: statistics and slots -> workers -> ejector (reads reports, writes flags)
 * -> world (what is wanted) -> settle: plan deltas to the workers, sockets for listeners, thresholds to the ejector.
 * Whoever learns something (bootstrap, DNS, discovery) tells the world and calls `settle`.
 */
export class ControlPath {
  readonly clock = systemClock;
  readonly stats = new StatsCollector();
  readonly slots: SlotAllocator;
  readonly host: WorkerHost;
  readonly ejector: Ejector;
  readonly world: World;
  /** The newest last. */
  readonly ejections: EjectionEvent[] = [];
  readonly #options: ControlPathOptions;
  readonly #dns: DnsWatches;
  readonly #opening = new Map<string, Promise<void>>();
  #wake: Cancel = () => {};
  #onSettled: (delta: PlanDelta) => void = () => {};

  constructor(bootstrap: BootstrapResult, options: ControlPathOptions) {
    this.#options = options;
    const { log, workers } = options;
    this.slots = new SlotAllocator(workers, (page) => this.host.announcePage(page));
    this.host = new WorkerHost({
      workers,
      logLevel: options.logLevel,
      identity: options.identity,
      slots: this.slots,
      stats: this.stats,
      clock: this.clock,
      log,
      onTripped: (slot, detector) => this.ejector.reported(slot, detector),
      onHost: (host) => this.onHost(host),
      onFatal: options.onFatal,
    });
    this.ejector = new Ejector({
      slots: this.slots.table,
      clock: this.clock,
      random: systemRandom,
      stats: this.stats.own,
      onEvent: (event) => this.#ejected(event),
    });
    this.#dns = new DnsWatches(this.clock, (cluster, rows) => {
      this.world.resolve(cluster, rows);
      this.settle();
    });
    this.world = new World(this.slots);
    this.world.addStatic(bootstrap.listeners, bootstrap.clusters);
    this.clock.every(SWEEP_EVERY, () => this.slots.sweep(this.host.oldestEpoch));
  }

  /** Asked by a worker for a host that is not in the plan; discovery replaces it. */
  onHost: (host: string) => void = (host) => this.host.answerHost(host, 'unknown');

  /** Hears each delta once it is in force. */
  onInForce(hear: (delta: PlanDelta) => void): void {
    this.#onSettled = hear;
  }

  /** Starts the workers on what is known so far; resolves when it is in force and the listeners are open. */
  async start(): Promise<void> {
    this.host.start();
    this.settle();
    await this.host.inForce(this.world.epoch);
    await Promise.all(this.#opening.values());
  }

  /** Brings the workers, the sockets and the ejector to what the world wants. */
  settle(): void {
    const now = this.clock.now();
    const change = this.world.settle(now);
    this.#dns.watch(this.world.dnsClusters());
    if (change) this.#carryOut(change);
    this.#wake();
    const { nextSettle } = this.world;
    this.#wake =
      nextSettle === Number.POSITIVE_INFINITY ? () => {} : this.clock.after(nextSettle - now, () => this.settle());
  }

  close(): Promise<void> {
    this.#wake();
    this.#dns.stop();
    this.ejector.close();
    return this.host.close();
  }

  #carryOut({ delta, health }: Change): void {
    applyHealth(this.slots.table, health);
    if (!delta) return;
    this.host.apply(delta).then(() => this.#onSettled(delta));
    this.#limitEjections(delta);
    for (const name of touched(delta, 'listener')) {
      const plan = this.host.plan.listener.get(name);
      const bound = this.host.listeners.address(name);
      if (!plan) this.host.unlisten(name);
      else if (!bound || (plan.port !== 0 && (bound.port !== plan.port || bound.address !== plan.address))) {
        if (bound) this.host.unlisten(name);
        this.#open(name, { host: plan.address, port: plan.port });
      }
    }
  }

  #open(name: string, { host, port }: HostPort): void {
    const { log, onFatal } = this.#options;
    const opening = this.host.listen(name, host, port).then(
      (bound) => log.info({ listener: name, address: bound.address, port: bound.port }, 'listening'),
      (error: Error) => onFatal(new Error(`listener ${name}: ${error.message}`)),
    );
    this.#opening.set(name, opening);
  }

  #limitEjections(delta: PlanDelta): void {
    const endpoints = touched(delta, 'endpoints');
    const clusters = touched(delta, 'cluster');
    for (const [name, plan] of this.host.plan.cluster) {
      if (!clusters.has(name) && !endpoints.has(plan.endpoints)) continue;
      this.ejector.put(plan, this.host.plan.endpoints.get(plan.endpoints) ?? null);
    }
    for (const name of clusters) if (!this.host.plan.cluster.has(name)) this.ejector.remove(name);
  }

  #ejected(event: EjectionEvent): void {
    this.ejections.push(event);
    if (this.ejections.length > EVENTS_KEPT) this.ejections.shift();
    this.#options.log.warn({ ...event }, `outlier detection: ${event.reason}`);
  }
}
