import type { AccessLogPlan } from '../core/plan/access-log.ts';
import type { PlanDelta } from '../core/plan/delta.ts';
import type { VirtualHostPlan } from '../core/plan/route.ts';
import type { ClusterResult, EndpointSource } from './cluster.ts';
import type { EndpointRow } from './endpoints.ts';
import { madeAnew } from './from-files.ts';
import type { Home } from './home.ts';
import { inlineRoutes, type ListenerResult, logged } from './listener.ts';
import { clustersOfHost, routesOfListener } from './references.ts';
import type { Resource, ResourceKind } from './resource.ts';
import { type EndpointHealth, Settlement, type SlotBook } from './settlement.ts';

/** What a change of the world asks of the workers and of the shared cells. */
export interface Change {
  /** Null when only the health of endpoints changed. */
  readonly delta: PlanDelta | null;
  /** To be written to the slots before the delta is handed out. */
  readonly health: readonly EndpointHealth[];
}

/** The parts of the world that are wanted, whether in force yet or not. */
export interface Desired {
  readonly listeners: Map<string, ListenerResult>;
  readonly routes: Map<string, Extract<Resource, { kind: 'route' }>['value']>;
  readonly vhosts: Map<string, VirtualHostPlan>;
  readonly clusters: Map<string, ClusterResult>;
  /** By the name that discovery has for them. */
  readonly endpoints: Map<string, readonly EndpointRow[]>;
  /** Of clusters that are resolved by DNS, by cluster. */
  readonly resolved: Map<string, readonly EndpointRow[]>;
  readonly faults: Map<string, Extract<Resource, { kind: 'fault' }>['value']>;
}

const none: readonly EndpointRow[] = [];

const nowhere: Home = { region: '', zone: '', subZone: '', cluster: '' };

/**
 * All configuration that main knows: static resources and discovered ones. It is told what arrives and answers with what
 * changes in the plan, in an order that never breaks a request (see settlement.ts). No I/O, no clock.
 */
export class World {
  readonly #desired: Desired = {
    listeners: new Map(),
    routes: new Map(),
    vhosts: new Map(),
    clusters: new Map(),
    endpoints: new Map(),
    resolved: new Map(),
    faults: new Map(),
  };
  readonly #static = new Set<string>();
  /** `KIND NAME` of what discovery says does not exist, as long as it is asked for by name. */
  readonly #absent = new Set<string>();
  readonly #settlement: Settlement;
  readonly #accessLogs: readonly AccessLogPlan[];
  /** The cluster of callers like us; '' = none is known. */
  readonly #home: string;
  /** False until the first answer to "all clusters": before, a cluster that is not there may be on its way. */
  #allClustersKnown = true;

  /** `accessLogs` are for discovered listeners that bring none. */
  constructor(slots: SlotBook, accessLogs: readonly AccessLogPlan[] = [], home: Home = nowhere) {
    this.#settlement = new Settlement(slots, home);
    this.#home = home.cluster;
    this.#accessLogs = accessLogs;
  }

  /** Static resources, once, before anything is discovered. */
  addStatic(listeners: readonly ListenerResult[], clusters: readonly ClusterResult[]): void {
    for (const each of clusters) {
      this.#static.add(`cluster ${each.plan.name}`);
      this.#desired.clusters.set(each.plan.name, each);
    }
    for (const each of listeners) {
      this.#static.add(`listener ${each.listener.name}`);
      this.#desired.listeners.set(each.listener.name, each);
    }
  }

  /** Takes a discovered resource. Answers why it cannot be taken, or undefined; then what was there before stays. */
  put(name: string, resource: Resource): string | undefined {
    const key = `${resource.kind} ${name}`;
    if (this.#static.has(key)) return `${key}: the bootstrap has a static ${resource.kind} of this name`;
    this.#absent.delete(key);
    const desired = this.#desired;
    switch (resource.kind) {
      case 'listener':
        desired.listeners.set(name, this.#withAccessLog(resource.value));
        break;
      case 'route':
        desired.routes.set(name, resource.value);
        break;
      case 'vhost':
        desired.vhosts.set(name, resource.value);
        break;
      case 'cluster':
        desired.clusters.set(name, resource.value);
        break;
      case 'endpoints':
        desired.endpoints.set(name, resource.value);
        break;
      case 'fault':
        desired.faults.set(name, resource.value);
        break;
    }
    return undefined;
  }

  /** Discovery says that there is no such resource (any more). */
  remove(kind: ResourceKind, name: string): void {
    if (this.#static.has(`${kind} ${name}`)) return;
    this.#drop(kind, name);
    if (kind === 'endpoints') this.#desired.endpoints.set(name, none);
    else if (kind === 'route' || (kind === 'cluster' && this.clusterNames().has(name))) {
      this.#absent.add(`${kind} ${name}`);
    }
  }

  /** Nobody asks for the resource any more, so nothing is known about it. */
  forget(kind: ResourceKind, name: string): void {
    if (this.#static.has(`${kind} ${name}`)) return;
    this.#drop(kind, name);
    this.#absent.delete(`${kind} ${name}`);
  }

  /** Clusters come by discovery, too (false: until the first answer to the wildcard). */
  set allClustersKnown(known: boolean) {
    this.#allClustersKnown = known;
  }

  /** What DNS says of the endpoints of a cluster. */
  resolve(cluster: string, rows: readonly EndpointRow[]): void {
    this.#desired.resolved.set(cluster, rows);
  }

  /** What changes by all that was told since the last call. `now`: monotonic ms. */
  settle(now: number): Change | null {
    for (const name of this.#desired.resolved.keys()) {
      if (this.#desired.clusters.get(name)?.source.kind !== 'dns') this.#desired.resolved.delete(name);
    }
    let asked: Set<string> | undefined;
    // Whether a cluster that is not there may still arrive, so that what names it had better wait.
    const mayComeYet = (name: string): boolean => {
      if (this.#absent.has(`cluster ${name}`)) return false;
      asked ??= this.clusterNames();
      return !this.#allClustersKnown || asked.has(name);
    };
    return this.#settlement.settle(this.#desired, mayComeYet, (name) => this.#absent.has(`route ${name}`), now);
  }

  /** When something that waits gives up, and `settle` has to be called again; Infinity = never. */
  get nextSettle(): number {
    return this.#settlement.next;
  }

  /** True while the newest version of a resource waits for what it refers to. */
  waits(kind: ResourceKind, name: string): boolean {
    return this.#settlement.waits(kind, name);
  }

  /** The epoch that brings what is in the plan under this name; undefined when there is nothing yet. */
  epochOf(kind: ResourceKind, name: string): number | undefined {
    return this.#settlement.epochOf(kind, name);
  }

  /** Listeners that wait for their routes: until there are none the sidecar is not ready. */
  get waitingListeners(): string[] {
    return [...this.#desired.listeners.keys()].filter((name) => this.waits('listener', name));
  }

  /** The epoch of the last delta. */
  get epoch(): number {
    return this.#settlement.epoch;
  }

  /** The whole plan as one delta, for a worker that starts. */
  whole(): PlanDelta {
    return this.#settlement.whole();
  }

  /** The route configuration whose hosts come on demand; undefined when none does. */
  get onDemandRoutes(): string | undefined {
    for (const { listener, routes } of this.#desired.listeners.values()) {
      for (const name of routesOfListener(listener)) {
        if ((inlineRoutes(routes, name) ?? this.#desired.routes.get(name))?.vhds) return name;
      }
    }
    return undefined;
  }

  /** Names to ask endpoint discovery for. */
  endpointNames(): Set<string> {
    const names = new Set<string>();
    for (const { source } of this.#desired.clusters.values()) if (source.kind === 'eds') names.add(source.name);
    return names;
  }

  /** Names to ask route discovery for. */
  routeNames(): Set<string> {
    const names = new Set<string>();
    for (const { listener, routes } of this.#desired.listeners.values()) {
      for (const name of routesOfListener(listener)) if (!inlineRoutes(routes, name)) names.add(name);
    }
    return names;
  }

  /**
   * Clusters to ask for by name: those of virtual hosts that came on demand, and that of callers like us where some cluster
   * is balanced by how many of them there are.
   */
  clusterNames(): Set<string> {
    const names = new Set<string>();
    const byZone = [...this.#desired.clusters.values()].some(({ plan }) => plan.locality.kind === 'zone-aware');
    if (byZone && this.#home !== '') names.add(this.#home);
    for (const host of this.#desired.vhosts.values()) for (const name of clustersOfHost(host)) names.add(name);
    for (const name of names) if (this.#static.has(`cluster ${name}`)) names.delete(name);
    return names;
  }

  /** Services that faults may be assigned to. */
  serviceNames(): Set<string> {
    return new Set([...this.#desired.clusters.values()].map((each) => each.plan.service));
  }

  /** The virtual host that came on demand under `name`. */
  virtualHost(name: string): VirtualHostPlan | undefined {
    return this.#desired.vhosts.get(name);
  }

  /** Files that the configuration was made from. */
  files(): Set<string> {
    const { clusters, listeners } = this.#desired;
    const all = [...listeners.values(), ...clusters.values()];
    return new Set(all.flatMap(({ fromFiles }) => fromFiles.files));
  }

  /** These files have changed. Answers why what was made from them cannot be made anew; then it stays as it was. */
  reread(changed: ReadonlySet<string>): string[] {
    const problems: string[] = [];
    const { clusters, listeners } = this.#desired;
    for (const [name, old] of listeners) {
      const anew = madeAnew(old.fromFiles, changed, `listener ${name}`, problems);
      if (!anew) continue;
      const result = { ...old, listener: anew.listener };
      listeners.set(name, this.#static.has(`listener ${name}`) ? result : this.#withAccessLog(result));
    }
    for (const [name, old] of clusters) {
      const anew = madeAnew(old.fromFiles, changed, `cluster ${name}`, problems);
      if (anew) clusters.set(name, { ...old, plan: anew.plan });
    }
    return problems;
  }

  /** Clusters to be resolved by DNS. */
  dnsClusters(): Map<string, Extract<EndpointSource, { kind: 'dns' }>> {
    const found = new Map<string, Extract<EndpointSource, { kind: 'dns' }>>();
    for (const [name, { source }] of this.#desired.clusters) if (source.kind === 'dns') found.set(name, source);
    return found;
  }

  #drop(kind: ResourceKind, name: string): void {
    const { listeners, routes, vhosts, clusters, endpoints, faults } = this.#desired;
    ({ listener: listeners, route: routes, vhost: vhosts, cluster: clusters, endpoints, fault: faults })[kind].delete(
      name,
    );
  }

  #withAccessLog(result: ListenerResult): ListenerResult {
    return this.#accessLogs.length === 0 ? result : { ...result, listener: logged(result.listener, this.#accessLogs) };
  }
}
