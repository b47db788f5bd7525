import type { BoundSocket } from 'node:net';
import { systemRandom } from '../../shared/struct/random.ts';
import { systemClock } from '../../shared/time/clock.ts';
import { Wheel } from '../../shared/time/wheel.ts';
import type { ClusterLimits } from '../cluster/limits.ts';
import { endpointName, type LiveEndpoint } from '../cluster/live-endpoint.ts';
import { DateText } from '../codec/http1/date-text.ts';
import { socketContext } from '../codec/socket-context.ts';
import type { AccessLogPlan } from '../core/plan/access-log.ts';
import type { ClusterPlan } from '../core/plan/cluster.ts';
import type { PlanDelta } from '../core/plan/delta.ts';
import type { HttpManagerPlan } from '../core/plan/http-manager.ts';
import type { ListenerPlan } from '../core/plan/listener.ts';
import type { TcpProxyPlan } from '../core/plan/tcp-proxy.ts';
import type { Pool } from '../core/pool.ts';
import { SlotTable } from '../core/slots.ts';
import { StickTable } from '../core/stick-table.ts';
import { Turn } from '../core/turn.ts';
import { assignFaults } from '../filter/fault-assignment.ts';
import { FaultTerm } from '../filter/fault-term.ts';
import type { FaultSurroundings } from '../filter/injection.ts';
import { makeEnclosing, makeFilters } from '../filter/make.ts';
import { RequestIds } from '../filter/request-id.ts';
import type { DemandResult, HttpContext } from '../http/context.ts';
import { HeadGrace } from '../http/held-head.ts';
import { loadProber } from '../http/load-probe.ts';
import { ServiceLoad } from '../http/service-load.ts';
import type { TcpContext } from '../l4/context.ts';
import { type ChainContext, Listener, type ListenerContext } from '../listener/listener.ts';
import { Split } from '../route/split.ts';
import { Compiler } from '../runtime/compile.ts';
import { touched } from '../runtime/pieces.ts';
import { Runtime } from '../runtime/runtime.ts';
import { AccessLog } from '../telemetry/access-log.ts';
import { ClusterStats } from '../telemetry/cluster-stats.ts';
import { HttpStats } from '../telemetry/http-stats.ts';
import { ListenerStats } from '../telemetry/listener-stats.ts';
import { LogFiles } from '../telemetry/log-files.ts';
import { RequestMetrics } from '../telemetry/request-metrics.ts';
import { ThreadStats } from '../telemetry/stats.ts';
import { TcpMetrics } from '../telemetry/tcp-metrics.ts';
import { TcpStats } from '../telemetry/tcp-stats.ts';
import { TlsStats } from '../telemetry/tls-stats.ts';
import { AutoPool } from '../upstream/auto-pool.ts';
import { ClusterConnections } from '../upstream/cluster-connections.ts';
import { DownstreamPool } from '../upstream/downstream-pool.ts';
import { Http1Pool } from '../upstream/http1-pool.ts';
import { Http2Pool } from '../upstream/http2-pool.ts';
import { WorkerDemand } from './host-demand.ts';
import { meshIdentity } from './identity.ts';
import { logPaths } from './log-paths.ts';
import type { FromWorker, WorkerSetup } from './protocol.ts';

/** How often it is looked whether the last connection has gone, ms. */
const LOOK_EVERY = 20;

/**
 * The stack of one data-path thread, from the event loop up. Each part knows only those above it here:
 * turn and wheel (time, one flush per turn) -> sockets -> statistics -> slots -> clusters with their pools -> compiler
 * (plan -> runtime) -> filters and routes of a listener -> listeners.
 */
export class DataPath {
  readonly #post: (message: FromWorker) => void;
  readonly #setup: WorkerSetup;
  readonly #clock = systemClock;
  readonly #random = systemRandom;
  readonly #turn = new Turn(this.#clock);
  readonly #wheel = new Wheel(this.#clock, (run) => this.#inTurn(run));
  readonly #sockets = socketContext(this.#turn, (ms, action) => this.#clock.after(ms, action));
  readonly #stats: ThreadStats;
  readonly #slots: SlotTable;
  readonly #sticks: StickTable;
  readonly #wall = (): number => this.#clock.wall();
  readonly #demand: WorkerDemand;
  readonly #requestIds = new RequestIds();
  readonly #logFiles: LogFiles;
  readonly #grace = new HeadGrace(this.#clock, (run) => this.#inTurn(run));
  readonly #date = new DateText(this.#clock);
  readonly #faults: FaultSurroundings;
  readonly #compiler: Compiler;
  readonly #listeners = new Map<string, Listener>();
  /** Listeners that do not accept any more, as long as they have connections. */
  readonly #ending = new Set<Listener>();
  readonly #connections = new WeakMap<ClusterLimits, ClusterConnections>();
  #runtime = Runtime.empty;
  #announced = false;
  #stopped = false;

  constructor(setup: WorkerSetup, post: (message: FromWorker) => void) {
    this.#setup = setup;
    this.#post = post;
    this.#stats = new ThreadStats(this.#turn, (batch) => post({ kind: 'stats', batch }));
    this.#slots = new SlotTable(setup.workers, setup.index);
    this.#sticks = new StickTable(setup.sticks);
    for (const page of setup.pages) this.#slots.addPage(page);
    this.#demand = new WorkerDemand((host) => post({ kind: 'host', host }));
    this.#logFiles = new LogFiles(this.#clock, (path, error) =>
      post({ kind: 'log-failed', path, error: error.message }),
    );
    this.#faults = {
      stats: this.#stats,
      wheel: this.#wheel,
      turn: this.#turn,
      random: this.#random,
      // Of filters in the chain, which end with their listener.
      term: new FaultTerm(),
      workers: setup.workers,
      me: setup.index,
    };
    this.#compiler = new Compiler({
      slots: this.#slots,
      stats: this.#stats,
      random: this.#random,
      now: () => this.#turn.now,
      report: (slot, detector) => post({ kind: 'tripped', slot, detector }),
      reportSick: (slot) => post({ kind: 'sick', slot }),
      reportTrial: (slot, trial, outcome) => post({ kind: 'trial', slot, trial, outcome }),
      pool: (endpoint, plan, limits) => this.#pool(endpoint, plan, limits),
      probe: loadProber(this.#turn, this.#wheel),
      assignedFaults: (plan) => assignFaults(plan, this.#faults),
    });
  }

  get epoch(): number {
    return this.#runtime.epoch;
  }

  start(): void {
    this.apply(this.#setup.plan);
    this.#post({ kind: 'started' });
  }

  /** What is under way, for tests: nothing of it may stay when the load is gone. */
  census(): { readonly downstream: number; readonly timers: number } {
    const listeners = [...this.#listeners.values(), ...this.#ending];
    return {
      downstream: listeners.reduce((sum, each) => sum + each.connections, 0),
      timers: this.#wheel.running,
    };
  }

  addPage(page: SharedArrayBuffer): void {
    this.#slots.addPage(page);
  }

  /** Puts a delta in force, between two turns. */
  apply(delta: PlanDelta): void {
    this.#inTurn(() => {
      const { runtime, retired, lifted } = this.#compiler.apply(delta);
      this.#runtime = runtime;
      const changed = touched(delta, 'listener');
      for (const name of changed) {
        const plan = this.#compiler.pieces.listener.get(name);
        if (plan) this.#listeners.get(name)?.reconfigure(this.#listenerContext(plan));
      }
      if (changed.size > 0) this.#logFiles.keep(logPaths(this.#compiler.pieces.listener.values()));
      for (const pool of retired) pool.drain();
      for (const faults of lifted) faults.end();
      this.#post({ kind: 'in-force', epoch: delta.epoch });
    });
  }

  /** After a log rotation. */
  reopenLogs(): void {
    this.#logFiles.reopen();
  }

  /** Serves a listener of the plan on a socket that main bound. */
  listen(name: string, bound: BoundSocket): void {
    const plan = this.#compiler.pieces.listener.get(name);
    if (!plan || this.#stopped) return bound.close();
    const listener = new Listener(this.#listenerContext(plan));
    if (this.#announced) listener.announceClose();
    this.#listeners.set(name, listener);
    listener.listen(bound).then(
      () => this.#post({ kind: 'listening', listener: name }),
      (error: Error) => this.#post({ kind: 'listen-failed', listener: name, error: error.message }),
    );
  }

  answerHost(host: string, result: DemandResult): void {
    this.#inTurn(() => this.#demand.answer(host, result));
  }

  announceClose(): void {
    this.#announced = true;
    this.#inTurn(() => {
      for (const listener of this.#listeners.values()) listener.announceClose();
    });
  }

  /** Closes one listener; requests under way go on. */
  unlisten(name: string): void {
    const listener = this.#listeners.get(name);
    if (!listener) return;
    this.#listeners.delete(name);
    this.#ending.add(listener);
    this.#inTurn(() => listener.close());
    for (const each of this.#ending) if (each.connections === 0) this.#ending.delete(each);
  }

  /** Closes all listeners for good, and tells main when no connection is left. */
  stopAccepting(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const name of [...this.#listeners.keys()]) this.unlisten(name);
    const cancel = this.#clock.every(LOOK_EVERY, () => {
      if (this.census().downstream > 0) return;
      cancel();
      void this.#logFiles.drain().then(() => this.#post({ kind: 'idle' }));
    });
  }

  #inTurn(run: () => void): void {
    this.#turn.enter();
    try {
      run();
    } finally {
      this.#turn.leave();
    }
  }

  #pool(endpoint: LiveEndpoint, plan: ClusterPlan, limits: ClusterLimits): Pool {
    let cluster = this.#connections.get(limits);
    if (!cluster?.serves(plan)) {
      const stats = new ClusterStats(this.#stats, plan.statName);
      const tlsStats = (): TlsStats => new TlsStats(this.#stats, 'cluster', plan.statName);
      cluster = new ClusterConnections(plan, limits, stats, this.#sockets, this.#wheel, tlsStats);
      this.#connections.set(limits, cluster);
    }
    const { address, port, slot } = endpoint;
    const dialler = cluster.dialler(address, port);
    if (plan.protocol === 'auto') return new AutoPool(dialler, slot, cluster);
    if (plan.protocol === 'http2') return new Http2Pool(dialler, slot, cluster);
    const http1 = new Http1Pool(dialler, slot, cluster);
    return plan.protocol === 'http1' ? http1 : new DownstreamPool(http1, new Http2Pool(dialler, slot, cluster));
  }

  #listenerContext(plan: ListenerPlan): ListenerContext {
    const outbound = plan.direction !== 'inbound';
    const address = endpointName(plan.address, plan.port);
    return {
      plan,
      stats: new ListenerStats(this.#stats, address),
      tlsStats: () => new TlsStats(this.#stats, 'listener', address),
      sockets: this.#sockets,
      turn: this.#turn,
      wheel: this.#wheel,
      date: this.#date,
      contextOf: ({ filter }): ChainContext =>
        filter.kind === 'http'
          ? { kind: 'http', context: this.#httpContext(filter.http, outbound) }
          : { kind: 'tcp', context: this.#tcpContext(filter.tcp, outbound) },
    };
  }

  #tcpContext(plan: TcpProxyPlan, outbound: boolean): TcpContext {
    const { clusters, accessLogs } = plan;
    return {
      plan,
      split: clusters.length > 1 ? new Split(clusters.map((each) => each.weight)) : null,
      stats: new TcpStats(this.#stats, plan.statPrefix),
      metrics: new TcpMetrics(this.#stats, meshIdentity(this.#setup.identity, outbound)),
      accessLog: this.#accessLog(accessLogs),
      current: { runtime: () => this.#runtime },
      turn: this.#turn,
      wheel: this.#wheel,
      random: this.#random,
    };
  }

  #accessLog(plans: readonly AccessLogPlan[]): AccessLog | null {
    return plans.length > 0 ? new AccessLog(plans, this.#logFiles, this.#clock) : null;
  }

  #httpContext(http: HttpManagerPlan, outbound: boolean): HttpContext {
    return {
      manager: http,
      outbound,
      filters: makeFilters(http.filters, http.statPrefix, this.#faults),
      enclosing: makeEnclosing(http.filters),
      stats: new HttpStats(this.#stats, http.statPrefix),
      metrics: new RequestMetrics(this.#stats, meshIdentity(this.#setup.identity, outbound)),
      accessLog: this.#accessLog(http.accessLogs),
      demand: this.#demand,
      load: outbound ? null : new ServiceLoad(http.routeConfig, { runtime: () => this.#runtime }),
      current: { runtime: () => this.#runtime },
      requestIds: this.#requestIds,
      grace: this.#grace,
      sticks: this.#sticks,
      wall: this.#wall,
      date: this.#date,
      turn: this.#turn,
      wheel: this.#wheel,
      random: this.#random,
    };
  }
}
