import type { LocalityRulePlan } from '../core/plan/balancer.ts';
import type { PlanDelta } from '../core/plan/delta.ts';
import type { RouteConfigPlan } from '../core/plan/route.ts';
import type { ClusterResult } from './cluster.ts';
import { distinct, endpointColumns } from './endpoint-columns.ts';
import type { EndpointRow } from './endpoints.ts';
import { atHome, type Home } from './home.ts';
import { hostPort } from './host-port.ts';
import { Ledger } from './ledger.ts';
import { inlineRoutes } from './listener.ts';
import { Patience } from './patience.ts';
import { clustersOfHost, clustersOfListener, clustersOfRoutes, routesOfListener } from './references.ts';
import type { ResourceKind } from './resource.ts';
import type { Change, Desired } from './world.ts';

/** Main's book of slots. `epoch` is that of the delta which carries the change. */
export interface SlotBook {
  /** A cluster's own slot, or the one for its requests of high priority. */
  clusterSlot(cluster: string, priority?: 'high'): number;
  /** The slots of these addresses, in their order; addresses not named any more are released. */
  endpointSlots(cluster: string, addresses: readonly string[], epoch: number): number[];
  dropCluster(cluster: string, epoch: number): void;
}

/** Flags of an endpoint's slot that follow from what discovery says of its health. */
export interface EndpointHealth {
  readonly clusterSlot: number;
  readonly slot: number;
  readonly flags: number;
}

/** How long, in ms, something new waits for what it refers to. Source: Envoy's initial_fetch_timeout; decision D16. */
const patienceOf = { cluster: 15_000, route: 15_000, listener: 15_000, vhost: 1_000 } as const;

const nothing: readonly EndpointRow[] = [];

/**
 * Turns what is wanted into what is in force, make before break: a cluster enters the plan when its endpoints are known,
 * a route when its clusters are there, a listener when its routes are there. Until then the version before runs on, and
 * so do the clusters that it needs. What is removed goes last. All of one call is one delta, which a worker swaps in whole.
 */
export class Settlement {
  readonly #slots: SlotBook;
  readonly #home: Home;
  readonly #ledger = new Ledger();
  readonly #patience = new Patience();
  /** Health flags by cluster and address, as last told. */
  readonly #flags = new Map<string, Map<string, number>>();
  #epoch = 0;

  constructor(slots: SlotBook, home: Home) {
    this.#slots = slots;
    this.#home = home;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get next(): number {
    return this.#patience.next;
  }

  waits(kind: ResourceKind, name: string): boolean {
    return this.#patience.has(`${kind} ${name}`);
  }

  epochOf(kind: ResourceKind, name: string): number | undefined {
    return this.#ledger.epochOf(kind, name);
  }

  whole(): PlanDelta {
    return { epoch: this.#epoch, put: this.#ledger.all(), del: [] };
  }

  /** `mayComeYet` tells of a cluster, `isAbsent` of a route configuration, that is not among `desired`. */
  settle(
    desired: Desired,
    mayComeYet: (cluster: string) => boolean,
    isAbsent: (route: string) => boolean,
    now: number,
  ): Change | null {
    const health: EndpointHealth[] = [];
    this.#patience.begin();
    for (const [name, each] of desired.clusters) this.#cluster(name, each, desired, now, health);
    const isReady = (names: Iterable<string>): boolean => {
      for (const name of names) {
        if (!this.#ledger.has('cluster', name) && (desired.clusters.has(name) || mayComeYet(name))) return false;
      }
      return true;
    };
    this.#routes(desired, isReady, isAbsent, now);
    this.#virtualHosts(desired, isReady, now);
    this.#listeners(desired, isReady, isAbsent, now);
    this.#faults(desired);
    this.#patience.end();
    this.#removals(desired);
    const changes = this.#ledger.take(this.#epoch + 1);
    if (!changes) return health.length > 0 ? { delta: null, health } : null;
    this.#epoch += 1;
    return { delta: { epoch: this.#epoch, ...changes }, health };
  }

  #cluster(name: string, result: ClusterResult, desired: Desired, now: number, health: EndpointHealth[]): void {
    const known = knownRows(name, result, desired);
    const isNew = this.#ledger.source('cluster', name) !== result;
    if (!known && isNew && this.#patience.waits(`cluster ${name}`, patienceOf.cluster, now)) return;
    // Callers come and go, too.
    if (isNew || result.plan.locality.kind === 'zone-aware') {
      const [slot, highSlot] = [this.#slots.clusterSlot(name), this.#slots.clusterSlot(name, 'high')];
      const value = { ...result.plan, slot, highSlot, locality: this.#locality(result, desired) };
      this.#ledger.put({ kind: 'cluster', name, value }, result);
    }
    const rows = known ?? (this.#ledger.has('endpoints', name) ? undefined : nothing);
    if (rows && this.#ledger.source('endpoints', name) !== rows) this.#endpoints(name, rows, health);
  }

  #locality({ plan }: ClusterResult, desired: Desired): LocalityRulePlan {
    const home = desired.clusters.get(this.#home.cluster);
    return atHome(plan.locality, this.#home, (home && knownRows(this.#home.cluster, home, desired)) ?? nothing);
  }

  #endpoints(name: string, rows: readonly EndpointRow[], health: EndpointHealth[]): void {
    const once = distinct(rows);
    const addresses = once.map(hostPort);
    const slots = this.#slots.endpointSlots(name, addresses, this.#epoch + 1);
    this.#ledger.put({ kind: 'endpoints', name, value: endpointColumns(name, once, slots) }, rows);
    const before = this.#flags.get(name);
    const after = new Map<string, number>();
    for (const [at, { flags }] of once.entries()) {
      const address = addresses[at] ?? '';
      after.set(address, flags);
      if (flags === (before?.get(address) ?? 0)) continue;
      health.push({ clusterSlot: this.#slots.clusterSlot(name), slot: slots[at] ?? 0, flags });
    }
    this.#flags.set(name, after);
  }

  #routes(
    desired: Desired,
    isReady: (clusters: Iterable<string>) => boolean,
    isAbsent: (route: string) => boolean,
    now: number,
  ): void {
    for (const result of desired.listeners.values()) {
      for (const name of routesOfListener(result.listener)) {
        const routes = inlineRoutes(result.routes, name) ?? desired.routes.get(name);
        if (!routes) {
          // Gone although a listener refers to it: every request is answered 404.
          if (isAbsent(name) && this.#ledger.has('route', name)) this.#emptyRoutes(name);
          continue;
        }
        if (this.#ledger.source('route', name) === routes) continue;
        const ready = isReady(clustersOfRoutes(routes));
        if (!ready && this.#patience.waits(`route ${name}`, patienceOf.route, now)) continue;
        this.#ledger.put({ kind: 'route', name, value: routes }, routes);
      }
    }
  }

  #virtualHosts(desired: Desired, isReady: (clusters: Iterable<string>) => boolean, now: number): void {
    for (const [name, host] of desired.vhosts) {
      if (this.#ledger.source('vhost', name) === host) continue;
      if (!isReady(clustersOfHost(host)) && this.#patience.waits(`vhost ${name}`, patienceOf.vhost, now)) continue;
      this.#ledger.put({ kind: 'vhost', name, value: host }, host);
    }
  }

  #listeners(
    desired: Desired,
    isReady: (clusters: Iterable<string>) => boolean,
    isAbsent: (route: string) => boolean,
    now: number,
  ): void {
    for (const [name, result] of desired.listeners) {
      if (this.#ledger.source('listener', name) === result) continue;
      const missing = [...routesOfListener(result.listener)].filter((each) => !this.#ledger.has('route', each));
      const ready = missing.every(isAbsent) && isReady(clustersOfListener(result.listener));
      if (!ready && this.#patience.waits(`listener ${name}`, patienceOf.listener, now)) continue;
      for (const route of missing) this.#emptyRoutes(route);
      this.#ledger.put({ kind: 'listener', name, value: result.listener }, result);
    }
  }

  #emptyRoutes(name: string): void {
    const unchanged = { remove: [], add: [] };
    const value: RouteConfigPlan = {
      name,
      virtualHosts: [],
      vhds: false,
      ignorePortInHost: false,
      requestHeaders: unchanged,
      responseHeaders: unchanged,
    };
    this.#ledger.put({ kind: 'route', name, value }, undefined);
  }

  #faults(desired: Desired): void {
    for (const [name, fault] of desired.faults) {
      if (this.#ledger.source('fault', name) === fault) continue;
      this.#ledger.put({ kind: 'fault', name, value: fault }, fault);
    }
  }

  #removals(desired: Desired): void {
    const ledger = this.#ledger;
    for (const name of ledger.names('fault')) if (!desired.faults.has(name)) ledger.drop('fault', name);
    for (const name of ledger.names('listener')) if (!desired.listeners.has(name)) ledger.drop('listener', name);
    for (const name of ledger.names('vhost')) if (!desired.vhosts.has(name)) ledger.drop('vhost', name);
    const inForce = ledger.names('listener').map((name) => ledger.value('listener', name));
    const wanted = [...desired.listeners.values()].map((each) => each.listener);
    const routes = new Set([...wanted, ...inForce].flatMap((each) => (each ? [...routesOfListener(each)] : [])));
    for (const name of ledger.names('route')) if (!routes.has(name)) ledger.drop('route', name);
    const gone = ledger.names('cluster').filter((name) => !desired.clusters.has(name));
    const needed = gone.length > 0 ? this.#neededByWaiting() : undefined;
    for (const name of gone) {
      if (needed?.has(name)) continue;
      ledger.drop('cluster', name);
      ledger.drop('endpoints', name);
      this.#flags.delete(name);
      this.#slots.dropCluster(name, this.#epoch + 1);
    }
  }

  /** Clusters that what runs now still needs, because its successor waits. */
  #neededByWaiting(): Set<string> {
    const needed = new Set<string>();
    for (const name of this.#ledger.names('route')) {
      const routes = this.waits('route', name) ? this.#ledger.value('route', name) : undefined;
      if (routes) for (const cluster of clustersOfRoutes(routes)) needed.add(cluster);
    }
    for (const name of this.#ledger.names('vhost')) {
      const host = this.waits('vhost', name) ? this.#ledger.value('vhost', name) : undefined;
      if (host) for (const cluster of clustersOfHost(host)) needed.add(cluster);
    }
    return needed;
  }
}

/** The endpoints of a cluster, as far as they are known. */
function knownRows(name: string, { source }: ClusterResult, desired: Desired): readonly EndpointRow[] | undefined {
  if (source.kind === 'static') return source.rows;
  return source.kind === 'eds' ? desired.endpoints.get(source.name) : desired.resolved.get(name);
}
