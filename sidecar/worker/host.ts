import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Log } from '../../shared/log/log.ts';
import type { Clock } from '../../shared/time/clock.ts';
import type { ReportTrial } from '../cluster/breaker/gate.ts';
import type { Detector } from '../cluster/outlier/detector.ts';
import type { PlanDelta } from '../core/plan/delta.ts';
import { STICK_TABLE_BYTES } from '../core/stick-table.ts';
import type { DemandResult } from '../http/context.ts';
import { Pieces } from '../runtime/pieces.ts';
import type { StatsCollector } from '../telemetry/collect.ts';
import { ClusterVitals } from './cluster-vitals.ts';
import type { ListenerBook } from './listener-book.ts';
import type { FromWorker, NodeIdentity, ToWorker, WorkerSetup } from './protocol.ts';
import type { SlotAllocator } from './slot-allocator.ts';

/** Deaths within this time (ms) that end the process: something is wrong that a new worker does not cure. */
const DEATH_WINDOW = 10_000;
const DEATHS = 3;
/**
 * Three semi-spaces of 4 MiB: what a request leaves behind dies young, and more would only be memory that is never returned
 * (184 instead of 136 MiB at most in `npm run bench`, for the same CPU per request).
 */
const YOUNG_MIB = 12;

export interface HostOptions {
  readonly workers: number;
  readonly identity: NodeIdentity;
  readonly slots: SlotAllocator;
  readonly stats: StatsCollector;
  readonly listeners: ListenerBook;
  readonly clock: Clock;
  readonly log: Log;
  readonly onTripped: (slot: number, detector: Detector) => void;
  readonly onTrial: ReportTrial;
  readonly onSick: (slot: number) => void;
  /** A worker died: whatever it had under way is lost. */
  readonly onDied: () => void;
  /** A worker asks for a host that is not in the plan; answer with `answerHost`. */
  readonly onHost: (host: string) => void;
  /** Workers die faster than they can be replaced, or cannot get their addresses back. */
  readonly onFatal: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Unique over all threads ever; the row index is reused. */
  readonly id: number;
  readonly index: number;
  epoch: number;
  ready: boolean;
  /** It has stopped accepting, and no connection is left. */
  idle: boolean;
}

/** The bundle has one file per thread kind beside this one; the sources have the entry in this folder. */
const entry = new URL(import.meta.url.endsWith('.ts') ? './entry.ts' : './worker.mjs', import.meta.url);

/** Main's side of the data-path threads: spawns them, keeps them on the plan, replaces the dead (decisions D1, D32). */
export class WorkerHost {
  readonly listeners: ListenerBook;
  readonly #options: HostOptions;
  readonly #sticks = new SharedArrayBuffer(STICK_TABLE_BYTES);
  readonly #pieces = new Pieces();
  readonly #vitals: ClusterVitals;
  readonly #threads = new Map<number, Thread>();
  readonly #waiting: { epoch: number; done: () => void }[] = [];
  /** By listener: the workers that serve it, and who waits until all do. */
  readonly #opened = new Map<string, { readonly by: Set<number>; done: () => void }>();
  #deaths: number[] = [];
  #spawned = 0;
  #phase: 'serving' | 'announcing' | 'stopping' | 'closed' = 'serving';
  #idle: (() => void)[] = [];

  constructor(options: HostOptions) {
    this.#options = options;
    this.listeners = options.listeners;
    this.#vitals = new ClusterVitals(options.stats, options.slots.table, this.#pieces);
  }

  start(): void {
    // Main may have been started with a small young generation (bin/aya); the flag would hold for workers, whatever their limits.
    setFlagsFromString('--max-semi-space-size=0');
    for (let index = 0; index < this.#options.workers; index += 1) this.#spawn(index);
  }

  /** The plan that the workers have or are getting. */
  get plan(): Pieces {
    return this.#pieces;
  }

  /** The oldest epoch in force in a live worker. */
  get oldestEpoch(): number {
    return Math.min(this.#pieces.epoch, ...[...this.#threads.values()].map((each) => each.epoch));
  }

  /** Sends a delta to all workers; resolves when it is in force in every one of them. */
  apply(delta: PlanDelta): Promise<void> {
    this.#pieces.apply(delta);
    this.#vitals.applied(delta);
    this.#broadcast({ kind: 'plan', delta });
    return this.inForce(delta.epoch);
  }

  inForce(epoch: number): Promise<void> {
    if (this.#threads.size > 0 && this.oldestEpoch >= epoch) return Promise.resolve();
    return new Promise((done) => this.#waiting.push({ epoch, done }));
  }

  /** A slot page that the next plan may use. Workers that start later are born with it. */
  announcePage(page: SharedArrayBuffer): void {
    this.#broadcast({ kind: 'page', page });
  }

  /**
   * Opens a listener; resolves with its address when every worker takes connections there, or when the listener has been
   * closed meanwhile. Rejects with a sentence, and nothing listens, when the address cannot be had.
   */
  async listen(name: string, address: string, port: number): Promise<{ address: string; port: number }> {
    const bound = await this.listeners.open(name, address, port);
    const everywhere = new Promise<void>((done) => this.#opened.set(name, { by: new Set(), done }));
    for (const thread of this.#threads.values()) this.#handOver(thread, name);
    await everywhere;
    return bound;
  }

  unlisten(name: string): void {
    this.listeners.close(name);
    this.#opened.get(name)?.done();
    this.#opened.delete(name);
    this.#broadcast({ kind: 'unlisten', listener: name });
  }

  answerHost(host: string, result: DemandResult): void {
    this.#broadcast({ kind: 'host', host, result });
  }

  /** The access logs were renamed: every worker opens their paths anew. */
  reopenLogs(): void {
    this.#broadcast({ kind: 'reopen-logs' });
  }

  /** From now on answers say that the connection closes. */
  announceClose(): void {
    if (this.#phase !== 'serving') return;
    this.#phase = 'announcing';
    this.#broadcast({ kind: 'announce-close' });
  }

  /** Closes all listeners for good; requests under way go on. */
  stopAccepting(): void {
    if (this.#phase === 'stopping' || this.#phase === 'closed') return;
    this.#phase = 'stopping';
    for (const name of this.listeners.names()) this.listeners.close(name);
    this.#broadcast({ kind: 'stop-accepting' });
  }

  /** Resolves when no connection is left in any worker; call after `stopAccepting`. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#settleIdle();
    });
  }

  async close(): Promise<void> {
    this.#phase = 'closed';
    const threads = [...this.#threads.values()];
    this.#threads.clear();
    await Promise.all(threads.map((each) => each.worker.terminate()));
  }

  /** Ends one worker as a crash would: for tests and the chaos of operators. */
  async kill(index: number): Promise<void> {
    await this.#threads.get(index)?.worker.terminate();
  }

  #spawn(index: number): void {
    const { workers, identity, slots } = this.#options;
    const plan = this.#pieces.whole();
    const setup: WorkerSetup = { index, workers, pages: slots.pages, sticks: this.#sticks, plan, identity };
    this.#spawned += 1;
    const worker = new Worker(entry, {
      workerData: setup,
      name: `data-path-${index}`,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    const thread: Thread = { worker, id: this.#spawned, index, epoch: 0, ready: false, idle: false };
    this.#threads.set(index, thread);
    worker.on('message', (message: FromWorker) => this.#receive(thread, message));
    worker.on('error', (error) => this.#options.log.error({ worker: index, err: error }, 'a data-path worker failed'));
    worker.on('exit', () => this.#died(thread));
  }

  #receive(thread: Thread, message: FromWorker): void {
    switch (message.kind) {
      case 'started':
        thread.ready = true;
        if (this.#phase === 'announcing') this.#send(thread, { kind: 'announce-close' });
        for (const name of this.listeners.names()) this.#handOver(thread, name);
        break;
      case 'in-force':
        thread.epoch = message.epoch;
        this.#settle();
        break;
      case 'stats':
        this.#options.stats.accept(thread.id, message.batch);
        break;
      case 'tripped':
        this.#options.onTripped(message.slot, message.detector);
        break;
      case 'sick':
        this.#options.onSick(message.slot);
        break;
      case 'trial':
        this.#options.onTrial(message.slot, message.trial, message.outcome);
        break;
      case 'host':
        this.#options.onHost(message.host);
        break;
      case 'listening': {
        const opened = this.#opened.get(message.listener);
        opened?.by.add(thread.index);
        if (opened?.by.size === this.#options.workers) opened.done();
        break;
      }
      case 'listen-failed':
        this.#options.onFatal(new Error(`listener ${message.listener}: cannot listen: ${message.error}`));
        break;
      case 'log-failed': {
        const { error, path } = message;
        this.#options.log.error({ path, worker: thread.index, error }, 'cannot write the access log');
        break;
      }
      case 'idle':
        thread.idle = true;
        this.#settleIdle();
        break;
    }
  }

  #settle(): void {
    const oldest = this.oldestEpoch;
    for (let at = this.#waiting.length - 1; at >= 0; at -= 1) {
      const waiting = this.#waiting[at];
      if (!waiting || waiting.epoch > oldest) continue;
      this.#waiting.splice(at, 1);
      waiting.done();
    }
  }

  #settleIdle(): void {
    for (const thread of this.#threads.values()) if (!thread.idle) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #handOver(thread: Thread, name: string): void {
    if (!thread.ready) return;
    const bound = this.listeners.take(name, thread.index);
    if (bound)
      thread.worker.postMessage({ kind: 'listen', listener: name, bound } satisfies ToWorker, [bound as never]);
  }

  #died(thread: Thread): void {
    if (this.#threads.get(thread.index) !== thread) return;
    const { slots, stats, clock, log, onFatal } = this.#options;
    this.#threads.delete(thread.index);
    slots.retireWorker(thread.index);
    stats.retire(thread.id);
    this.#options.onDied();
    for (const { by } of this.#opened.values()) by.delete(thread.index);
    if (this.#phase === 'stopping') {
      log.error({ worker: thread.index }, 'a data-path worker died while it drained: its requests are lost');
      return this.#settleIdle();
    }
    const now = clock.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < DEATH_WINDOW), now];
    if (this.#deaths.length >= DEATHS) {
      return onFatal(new Error(`${DEATHS} data-path workers died within ${DEATH_WINDOW / 1000} s`));
    }
    log.error({ worker: thread.index }, 'a data-path worker died: its requests are lost, another takes its place');
    const unbound = this.listeners.lost(thread.index);
    if (unbound) return onFatal(unbound);
    this.#spawn(thread.index);
  }

  #send(thread: Thread, message: ToWorker): void {
    thread.worker.postMessage(message);
  }

  #broadcast(message: ToWorker): void {
    for (const thread of this.#threads.values()) this.#send(thread, message);
  }
}
