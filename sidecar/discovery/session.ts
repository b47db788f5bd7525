import { toMs } from '../../shared/xds/duration.ts';
import type { DeltaDiscoveryResponse, Resource } from '../../shared/xds/messages.gen.ts';
import {
  CLUSTER,
  ENDPOINT,
  FAULT_ASSIGNMENT,
  LISTENER,
  nameOf,
  ROUTE,
  VIRTUAL_HOST,
} from '../../shared/xds/type-url.ts';
import { kindOf, type ResourceKind } from '../plan/resource.ts';
import { Acknowledgements, type Answer } from './acknowledgements.ts';
import { type Held, Subscription } from './subscription.ts';

/** Takes what discovery brings: the world, as the session sees it. */
export interface Inventory {
  /**
   * Takes the bytes of a resource, `kept` over a restart or fresh. Answers why it is refused; empty = taken. Refused, it
   * changes nothing.
   */
  put(kind: ResourceKind, name: string, bytes: Uint8Array, kept: boolean): readonly string[];
  /** There is no such resource. */
  remove(kind: ResourceKind, name: string): void;
  /** Nobody asks for it any more. */
  forget(kind: ResourceKind, name: string): void;
  /** True while the newest version waits for what it refers to. */
  waits(kind: ResourceKind, name: string): boolean;
}

/** A request to be sent, without the node, which belongs to the first of a stream. */
export interface Request {
  readonly type_url: string;
  readonly resource_names_subscribe: readonly string[];
  readonly resource_names_unsubscribe: readonly string[];
  readonly initial_resource_versions: Readonly<Record<string, string>>;
  readonly response_nonce: string;
  readonly error_detail?: { readonly code: number; readonly message: string };
}

/** What discovery brings, by which types are asked for. */
export interface Interests {
  readonly listeners: boolean;
  readonly clusters: boolean;
}

/** A resource as it is kept over a restart. */
export interface Kept {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly aliases: readonly string[];
  readonly bytes: Buffer;
}

/** google.rpc.Code.INVALID_ARGUMENT. */
const invalidArgument = 3;

/** In the order in which they are asked for: make before break. */
const types: Readonly<Record<ResourceKind, string>> = {
  cluster: CLUSTER,
  endpoints: ENDPOINT,
  listener: LISTENER,
  route: ROUTE,
  vhost: VIRTUAL_HOST,
  fault: FAULT_ASSIGNMENT,
};

export const typeOfKind = (kind: ResourceKind): string => types[kind];

/**
 * The client's side of aggregated incremental discovery, without any I/O: it is told what happens and answers with
 * requests. Of a response with a bad resource the others are taken, what ran before of the bad one runs on, and the
 * refusal names it. Source: Envoy, "xDS REST and gRPC protocol", incremental variants.
 */
export class Session {
  readonly #inventory: Inventory;
  readonly #subscriptions = new Map<ResourceKind, Subscription>();
  readonly #acknowledgements = new Acknowledgements();
  #open = false;

  constructor(inventory: Inventory, interests: Interests) {
    this.#inventory = inventory;
    for (const [kind, type] of Object.entries(types) as [ResourceKind, string][]) {
      const wildcard = (kind === 'listener' && interests.listeners) || (kind === 'cluster' && interests.clusters);
      this.#subscriptions.set(kind, new Subscription(kind, type, wildcard));
    }
  }

  /** A stream was made. */
  opened(): void {
    this.#open = true;
  }

  /** The stream broke. What is held is kept, and told to the next server by its versions. */
  closed(): void {
    this.#open = false;
    this.#acknowledgements.clear();
    for (const each of this.#subscriptions.values()) each.closed();
  }

  /** Wants exactly these names of a type, beside the wildcard where there is one. True when something was given up. */
  want(kind: ResourceKind, names: ReadonlySet<string>): boolean {
    const subscription = this.#of(kind);
    const dropped = subscription.want(names);
    for (const name of dropped) {
      const canonical = subscription.dropped(name);
      if (canonical !== undefined) this.#inventory.forget(kind, canonical);
      // It may be the name of a resource that still answers to others.
      if (!subscription.held.has(name)) this.#inventory.forget(kind, name);
    }
    return dropped.length > 0;
  }

  /** Takes a response. `now`: monotonic ms. */
  receive(response: DeltaDiscoveryResponse, now: number): void {
    const type = response.type_url ?? '';
    const kind = kindOf(type);
    const nonce = response.nonce ?? '';
    if (kind === undefined) {
      this.#acknowledgements.add({ kind: 'listener', type, nonce, names: [], error: `${nameOf(type)}: not asked for` });
      return;
    }
    const subscription = this.#of(kind);
    subscription.answered = true;
    const errors: string[] = [];
    const names: string[] = [];
    for (const resource of response.resources) {
      const problems = this.#take(subscription, resource, now);
      if (problems) errors.push(...problems);
      else names.push(resource.name ?? '');
    }
    for (const name of response.removed_resources) this.#remove(subscription, name);
    this.#acknowledgements.add({ kind, type, nonce, names, error: errors.join('\n') });
  }

  /** What is to be sent now: interests that changed, and answers that are due. Empty while there is no stream. */
  requests(): Request[] {
    if (!this.#open) return [];
    const answers = this.#acknowledgements.take().map(toRequest);
    const interests: Request[] = [];
    for (const subscription of this.#subscriptions.values()) {
      const interest = subscription.interest();
      if (!interest) continue;
      interests.push({
        type_url: subscription.type,
        resource_names_subscribe: interest.subscribe,
        resource_names_unsubscribe: interest.unsubscribe,
        initial_resource_versions: interest.initial,
        response_nonce: '',
      });
    }
    return [...interests, ...answers];
  }

  /** The world settled: what waits no more is in the plan by `epoch`. */
  settled(epoch: number): void {
    this.#acknowledgements.settled(epoch, (kind, name) => this.#inventory.waits(kind, name));
  }

  /** Every worker has `epoch` in force. */
  inForce(epoch: number): void {
    this.#acknowledgements.inForce(epoch);
  }

  /** Ends what has come to its end by `now`; true when something did. */
  expire(now: number): boolean {
    let ended = false;
    for (const subscription of this.#subscriptions.values()) {
      for (const { name, expiresAt } of subscription.held.values()) {
        if (expiresAt === 0 || expiresAt > now) continue;
        this.#remove(subscription, name);
        ended = true;
      }
    }
    return ended;
  }

  /** When the next resource ends by itself; Infinity = none does. */
  get nextExpiry(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { held } of this.#subscriptions.values()) {
      for (const { expiresAt } of held.values()) if (expiresAt > 0) next = Math.min(next, expiresAt);
    }
    return next;
  }

  /** Whether everything of a wildcard type was told at least once. */
  hasAnswer(kind: ResourceKind): boolean {
    const subscription = this.#of(kind);
    return subscription.answered || !subscription.wildcard;
  }

  /** The resource that answers to a name asked for; null = none; undefined = not known yet. */
  answer(kind: ResourceKind, asked: string): string | null | undefined {
    return this.#of(kind).answer(asked);
  }

  /** True when all that ever answered to a name had to be refused. */
  isRefused(kind: ResourceKind, asked: string): boolean {
    return this.#of(kind).isRefused(asked);
  }

  /** Versions by name, for the status of the sidecar. */
  versions(kind: ResourceKind): Map<string, string> {
    return new Map([...this.#of(kind).held.values()].map((each) => [each.name, each.version]));
  }

  /** What may be kept over a restart: nothing that ends by itself, so never a fault (decision D21). */
  keep(): Kept[] {
    return [...this.#subscriptions.values()].flatMap((subscription) =>
      [...subscription.held.values()]
        .filter(({ expiresAt }) => expiresAt === 0 && subscription.kind !== 'fault')
        .map(({ name, version, bytes }) => {
          return { type: subscription.type, name, version, aliases: subscription.aliasesOf(name), bytes };
        }),
    );
  }

  /** Takes what was kept. Answers what is refused now. To be called before any stream. */
  restore(kept: readonly Kept[]): string[] {
    const problems: string[] = [];
    const names = new Map<ResourceKind, Set<string>>();
    for (const { type, name, version, aliases, bytes } of kept) {
      const kind = kindOf(type);
      if (kind === undefined || kind === 'fault') continue;
      const found = this.#inventory.put(kind, name, bytes, true);
      problems.push(...found);
      if (found.length > 0) continue;
      const subscription = this.#of(kind);
      subscription.answered = true;
      // Health on disk is old: endpoints are used whatever it says, and asked for anew (decision D31).
      subscription.hold({ name, version: kind === 'endpoints' ? '' : version, bytes, expiresAt: 0 }, aliases);
      const wanted = names.get(kind) ?? new Set();
      for (const each of aliases) wanted.add(each);
      names.set(kind, wanted);
    }
    for (const [kind, wanted] of names) this.#of(kind).want(wanted);
    return problems;
  }

  /** Takes one resource; answers why not, or undefined. */
  #take(subscription: Subscription, resource: Resource, now: number): readonly string[] | undefined {
    const name = resource.name ?? '';
    const asked = subscription.asked(name, resource.aliases);
    if (asked.length === 0 && !subscription.wildcard) return undefined;
    const ttl = toMs(resource.ttl) ?? 0;
    const expiresAt = ttl > 0 ? now + ttl : 0;
    const bytes = resource.resource?.value;
    if (!resource.resource) {
      const held = subscription.held.get(name);
      // A sign of life renews a resource that ends by itself; otherwise a resource without content does not exist.
      if (held && ttl > 0) subscription.hold({ ...held, expiresAt }, asked);
      else for (const each of new Set([name, ...asked])) this.#remove(subscription, each);
      return undefined;
    }
    if (subscription.kind === 'fault' && ttl <= 0) {
      return [`FaultAssignment ${name}: ttl: is required, a fault never lasts without an end`];
    }
    const found = nameOf(resource.resource.type_url ?? '');
    if (found !== nameOf(subscription.type)) return [`${nameOf(subscription.type)} ${name}: holds a ${found}`];
    const problems = this.#inventory.put(subscription.kind, name, bytes ?? Buffer.alloc(0), false);
    if (problems.length > 0) {
      subscription.refuse(asked);
      return problems;
    }
    const held: Held = { name, version: resource.version ?? '', bytes: bytes ?? Buffer.alloc(0), expiresAt };
    subscription.hold(held, asked);
    return undefined;
  }

  #remove(subscription: Subscription, name: string): void {
    const gone = subscription.removed(name);
    for (const each of gone) this.#inventory.remove(subscription.kind, each);
    if (subscription.wants(name) && !gone.includes(name)) this.#inventory.remove(subscription.kind, name);
  }

  #of(kind: ResourceKind): Subscription {
    const subscription = this.#subscriptions.get(kind);
    if (!subscription) throw new RangeError(`no subscription for ${kind}`);
    return subscription;
  }
}

function toRequest({ type, nonce, error }: Answer): Request {
  return {
    type_url: type,
    resource_names_subscribe: [],
    resource_names_unsubscribe: [],
    initial_resource_versions: {},
    response_nonce: nonce,
    ...(error !== '' && { error_detail: { code: invalidArgument, message: error } }),
  };
}
