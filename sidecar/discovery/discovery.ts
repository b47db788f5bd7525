import type { Log } from '../../shared/log/log.ts';
import type { Random } from '../../shared/struct/random.ts';
import type { Cancel, Clock } from '../../shared/time/clock.ts';
import type { DeltaDiscoveryResponse } from '../../shared/xds/messages.gen.ts';
import type { AccessLogPlan } from '../core/plan/access-log.ts';
import type { DemandResult } from '../http/context.ts';
import type { AdsServers } from '../plan/ads-servers.ts';
import type { BootstrapResult } from '../plan/bootstrap.ts';
import { DnsWatches, type Resolve, systemResolve } from '../plan/dns.ts';
import { homeOf } from '../plan/home.ts';
import { clustersOfHost } from '../plan/references.ts';
import type { ResourceKind } from '../plan/resource.ts';
import type { SlotBook } from '../plan/settlement.ts';
import { type Change, World } from '../plan/world.ts';
import { Demand, type HostState } from './demand.ts';
import { FileWatch } from './file-watch.ts';
import { answersTo } from './host-name.ts';
import { inventoryOf } from './inventory.ts';
import type { LastGood } from './last-good.ts';
import { PersistentStream, type StreamEvents } from './persistent-stream.ts';
import { type Kept, Session, typeOfKind } from './session.ts';

export interface DiscoveryOptions {
  readonly bootstrap: BootstrapResult;
  readonly slots: SlotBook;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Warn about what is not supported, instead of refusing it. */
  readonly lenient: boolean;
  /** For discovered listeners that bring no access log. */
  readonly accessLogs: readonly AccessLogPlan[];
  /** Null = nothing is kept over a restart. */
  readonly lastGood: LastGood | null;
  /** Requests so far to a cluster; only changes matter. */
  readonly requestsOf: (cluster: string) => number;
  /** Brings a change to slots and workers; `inForce` is called later, or at once. */
  readonly apply: (change: Change) => void;
  readonly resolve?: Resolve;
  /** How the control plane is reached; default by gRPC, the bootstrap's servers in turn. */
  readonly connect?: (events: StreamEvents<Method>) => DiscoveryStream;
}

type Method = 'DeltaAggregatedResources';
/** A stream to a control plane that is made again whenever it breaks. */
export type DiscoveryStream = Pick<PersistentStream<Method>, 'server' | 'start' | 'send' | 'stop'>;

export interface DiscoveryStatus {
  /** The control plane that answers; '' = none. */
  readonly server: string;
  /** Why the last refused response was refused; '' = none was. */
  readonly lastRefusal: string;
  /** Versions by kind and name of what was taken. */
  readonly versions: ReadonlyMap<ResourceKind, ReadonlyMap<string, string>>;
}

const kinds: readonly ResourceKind[] = ['cluster', 'endpoints', 'listener', 'route', 'vhost', 'fault'];
/** Longer than any host name with a port. */
const maxHost = 300;

/**
 * Main's configuration from bootstrap, DNS and the control plane: whatever arrives, it settles the world, brings the
 * change to the workers, and answers the control plane once the change is in force.
 */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #world: World;
  readonly #session: Session;
  readonly #demand: Demand;
  readonly #dns: DnsWatches;
  readonly #files: FileWatch;
  readonly #stream: DiscoveryStream | undefined;
  /** Whether the control plane may know faults: the bootstrap says that we are an Aya node. */
  readonly #faults: boolean;
  #nodeSent = false;
  #inForce = 0;
  #busy = false;
  #again = false;
  #ready = false;
  #lastRefusal = '';
  #cancelTimer: Cancel = () => {};

  constructor(options: DiscoveryOptions) {
    const { bootstrap, clock, log } = options;
    this.#options = options;
    this.#world = new World(options.slots, options.accessLogs, homeOf(bootstrap.message));
    this.#world.addStatic(bootstrap.listeners, bootstrap.clusters);
    const interests = { listeners: bootstrap.ads?.listeners ?? false, clusters: bootstrap.ads?.clusters ?? false };
    this.#session = new Session(inventoryOf(this.#world, options.lenient, log), interests);
    this.#faults = bootstrap.node.client_features.some((each) => each.startsWith('aya.v1.'));
    this.#demand = new Demand(clock, {
      state: (name) => this.#hostState(name),
      requests: (name) => this.#hostRequests(name),
      onNames: () => this.#refresh(),
    });
    this.#dns = new DnsWatches(
      clock,
      (cluster, rows) => this.#resolved(cluster, rows),
      options.resolve ?? systemResolve,
    );
    this.#files = new FileWatch(clock, (files) => this.#reread(files));
    this.#stream = bootstrap.ads ? this.#connect(bootstrap.ads) : undefined;
  }

  /** Brings what is static in force, then what was kept (`kept`, of `LastGood.load`), and connects. */
  start(kept: readonly Kept[] = []): void {
    for (const each of this.#session.restore(kept)) this.#options.log.warn({}, `last good configuration: ${each}`);
    this.#demand.restore(kept.filter((each) => each.type === typeOfKind('vhost')).flatMap((each) => each.aliases));
    this.#refresh();
    this.#stream?.start();
  }

  /** Every live worker has `epoch` in force. */
  inForce(epoch: number): void {
    this.#inForce = Math.max(this.#inForce, epoch);
    this.#session.inForce(epoch);
    this.#refresh();
  }

  /** Asks for a host that no virtual host in the plan answers to; `done` is called once, within two seconds. */
  ask(host: string, done: (result: DemandResult) => void): void {
    const routes = this.#world.onDemandRoutes;
    if (routes === undefined || host === '' || host.length > maxHost) return done('unknown');
    this.#demand.ask(`${routes}/${host.toLowerCase()}`, done);
  }

  /** True from the time on at which everything that was asked for at first is in force. */
  get ready(): boolean {
    return this.#ready;
  }

  /** What is still waited for, a line each; empty when nothing is. */
  notReady(): string {
    const waits = (['cluster', 'listener'] as const).filter((kind) => !this.#session.hasAnswer(kind));
    return [
      ...waits.map((kind) => `the control plane has told no ${kind}s yet`),
      ...this.#world.waitingListeners.map((name) => `listener ${name} waits for its routes`),
    ].join('\n');
  }

  get world(): World {
    return this.#world;
  }

  status(): DiscoveryStatus {
    return {
      server: this.#stream?.server ?? '',
      lastRefusal: this.#lastRefusal,
      versions: new Map(kinds.map((kind) => [kind, this.#session.versions(kind)])),
    };
  }

  async stop(): Promise<void> {
    this.#cancelTimer();
    this.#stream?.stop();
    this.#demand.stop();
    this.#dns.stop();
    this.#files.stop();
    await this.#options.lastGood?.flush();
  }

  #connect(ads: AdsServers): DiscoveryStream {
    const { clock, random, log, connect } = this.#options;
    const events: StreamEvents<Method> = {
      onOpen: () => this.#opened(),
      onMessage: (message) => this.#received(message),
      onClose: () => this.#session.closed(),
    };
    return (
      connect?.(events) ?? new PersistentStream('DeltaAggregatedResources', ads.servers, { clock, random, log }, events)
    );
  }

  #opened(): void {
    this.#nodeSent = false;
    this.#session.opened();
    this.#send();
  }

  #received(message: DeltaDiscoveryResponse): void {
    this.#session.receive(message, this.#options.clock.now());
    this.#refresh();
    this.#options.lastGood?.save(() => this.#session.keep());
  }

  #resolved(cluster: string, rows: Parameters<World['resolve']>[1]): void {
    this.#world.resolve(cluster, rows);
    this.#refresh();
  }

  #reread(files: ReadonlySet<string>): void {
    for (const each of this.#world.reread(files)) {
      this.#options.log.warn({}, `files changed, and what was before stays in use: ${each}`);
    }
    this.#refresh();
  }

  /** Settles until nothing changes any more, then tells everybody. What happens meanwhile is part of it. */
  #refresh(): void {
    this.#again = true;
    if (this.#busy) return;
    this.#busy = true;
    while (this.#again) {
      this.#again = false;
      this.#settle();
    }
    this.#busy = false;
    this.#send();
    this.#setTimer();
  }

  #settle(): void {
    const { clock, apply } = this.#options;
    const world = this.#world;
    world.allClustersKnown = this.#session.hasAnswer('cluster');
    while (this.#want());
    this.#dns.watch(world.dnsClusters());
    this.#files.watch(world.files());
    const change = world.settle(clock.now());
    this.#session.settled(world.epoch);
    if (change) apply(change);
    this.#demand.check();
    this.#ready ||= this.#isReady();
  }

  /** Asks for what the world lacks; true when something was given up, which may make more superfluous. */
  #want(): boolean {
    const world = this.#world;
    const wanted: [ResourceKind, Set<string>][] = [
      ['vhost', this.#demand.names],
      ['route', world.routeNames()],
      ['cluster', world.clusterNames()],
      ['endpoints', world.endpointNames()],
      ['fault', this.#faults ? world.serviceNames() : new Set()],
    ];
    return wanted.map(([kind, names]) => this.#session.want(kind, names)).includes(true);
  }

  #isReady(): boolean {
    return this.notReady() === '' && this.#inForce >= this.#world.epoch;
  }

  #send(): void {
    const { bootstrap, log } = this.#options;
    for (const request of this.#session.requests()) {
      const refusal = request.error_detail?.message;
      if (refusal !== undefined) {
        this.#lastRefusal = refusal;
        log.warn({ type: request.type_url }, `refused: ${refusal}`);
      }
      this.#stream?.send(this.#nodeSent ? request : { ...request, node: bootstrap.node });
      this.#nodeSent = true;
    }
  }

  /** Wakes for the next thing that ends by itself or waits no longer. */
  #setTimer(): void {
    const { clock } = this.#options;
    this.#cancelTimer();
    const next = Math.min(this.#session.nextExpiry, this.#world.nextSettle);
    if (next === Number.POSITIVE_INFINITY) return;
    // Longer waits than a timer can take are taken in parts.
    const wait = Math.min(Math.max(0, next - clock.now()), 2_147_000_000);
    this.#cancelTimer = clock.after(wait, () => {
      this.#session.expire(clock.now());
      this.#refresh();
    });
  }

  #hostState(name: string): HostState {
    const canonical = this.#session.answer('vhost', name);
    if (canonical === undefined) return this.#session.isRefused('vhost', name) ? 'refused' : 'pending';
    const host = canonical === null ? undefined : this.#world.virtualHost(canonical);
    if (canonical === null || !host || !answersTo(host.domains, name.slice(name.indexOf('/') + 1))) return 'unknown';
    const epoch = this.#world.epochOf('vhost', canonical);
    return epoch !== undefined && epoch <= this.#inForce ? 'known' : 'pending';
  }

  #hostRequests(name: string): number {
    const host = this.#world.virtualHost(this.#session.answer('vhost', name) ?? '');
    let sum = 0;
    for (const cluster of host ? clustersOfHost(host) : []) sum += this.#options.requestsOf(cluster);
    return sum;
  }
}
