import type { Resource, View } from '../snapshot/resource.ts';

/** What a client was sent (or said at its first request that it has), by canonical name. */
interface Held {
  version: string;
  /** Absent when only the client's word tells that it has it. */
  resource?: Resource;
}

/** A response that is neither acknowledged nor refused. */
interface Outstanding {
  nonce: string;
  version: string;
  at: number;
  names: readonly string[];
  /** Canonical names withdrawn. */
  removed: readonly string[];
}

/** What has become of a resource at a client. */
export type ResourceState = 'absent' | 'pending' | 'current' | 'refused';

/** What a client lacks, has too much, or asked for in vain. */
export interface Difference {
  readonly changed: readonly Resource[];
  /** Held by the client, and not in its view any more. */
  readonly gone: readonly string[];
  /** Names asked for since the last answer that do not exist. */
  readonly missing: readonly string[];
}

/** The client may hold it, in whatever version. */
const unknown: Held = { version: '' };
const nothing: Difference = { changed: [], gone: [], missing: [] };

/** One resource type on one stream: what was asked for, what the client holds, what it has not answered yet. */
export class Subscription {
  readonly type: string;
  wildcard = false;
  /** State of the world: everything was asked for by naming nothing, ever; then naming nothing goes on meaning that. */
  implicit = false;
  /** True until a client that asked for everything got a response: it waits for one, even an empty one. */
  unanswered = false;
  /** Names asked for, with the canonical name of what was last sent for them. */
  readonly names = new Map<string, string | undefined>();
  /** Names asked for that wait for their answer; they are answered even if the client holds the same version. */
  readonly fresh = new Set<string>();
  readonly held = new Map<string, Held>();
  outstanding: Outstanding | undefined;
  /** Names of the last refused response: they are sent again together, once any of them changes or goes. */
  readonly #refused = new Set<string>();
  /** Withdrawn by a full state that was refused. */
  readonly #owed = new Set<string>();
  /** Names of the outstanding response that the client has dropped since it was sent. */
  readonly #strays = new Set<string>();
  /** Exclusive or of the versions held: a version of the whole set that is cheap to keep. */
  #high = 0;
  #low = 0;
  #seen = -1;

  readonly #delta: boolean;

  constructor(type: string, delta: boolean) {
    this.type = type;
    this.#delta = delta;
  }

  /** 16 hexadecimal digits over everything that the client holds. */
  get version(): string {
    return hex(this.#high) + hex(this.#low);
  }

  /** True while the last response of the type that was answered stands refused. */
  get refuses(): boolean {
    return this.#refused.size > 0;
  }

  state(name: string, view: View): ResourceState {
    const resource = view.get(this.type, name);
    const canonical = resource?.name ?? name;
    const held = this.held.get(canonical);
    if (!held) return 'absent';
    if (held.version !== resource?.version || this.outstanding?.names.includes(canonical)) return 'pending';
    return this.#refused.has(canonical) ? 'refused' : 'current';
  }

  askForEverything(): void {
    this.wildcard = true;
    this.unanswered = true;
  }

  ask(name: string): void {
    if (!this.names.has(name)) this.names.set(name, undefined);
    this.fresh.add(name);
  }

  /** Forgets a name; what only it stood for counts as dropped by the client. */
  drop(name: string): void {
    // Not answered yet, it may still be held for another reason under its own name.
    const canonical = this.names.get(name) ?? name;
    if (!this.names.delete(name)) return;
    this.fresh.delete(name);
    if (this.held.has(canonical)) this.#forget(canonical);
  }

  /** Ends "everything": what is not asked for by name counts as dropped by the client. */
  dropWildcard(): void {
    this.wildcard = false;
    this.unanswered = false;
    for (const name of [...this.held.keys()]) this.#forget(name);
  }

  hold(name: string, held: Held): void {
    this.release(name);
    this.held.set(name, held);
    this.#mix(held.version);
    this.#seen = -1;
  }

  release(name: string): void {
    const held = this.held.get(name);
    if (!held) return;
    this.held.delete(name);
    this.#mix(held.version);
    this.#seen = -1;
  }

  /** The client took the outstanding response. */
  accept(): void {
    for (const name of this.outstanding?.names ?? []) this.#refused.delete(name);
    this.#owed.clear();
    this.#settle();
  }

  /** The outstanding response is answered, either way. */
  #settle(): void {
    this.outstanding = undefined;
    // What was under way when the client dropped it may have reached it after it changed its mind: say it again.
    for (const name of this.#strays) if (!this.held.has(name)) this.hold(name, unknown);
    this.#strays.clear();
  }

  /** The client refused the outstanding response: nothing of it is sent again before its content changes. */
  refuse(): void {
    const { names = [], removed = [] } = this.outstanding ?? {};
    for (const name of names) {
      this.#refused.add(name);
      // Not to be kept in a later full state, which would be refused for it.
      const held = this.held.get(name);
      if (held) this.held.set(name, { version: held.version });
    }
    // What was withdrawn in the same breath is withdrawn again: for itself, or with the next full state.
    if (this.#delta && names.length > 0) for (const name of removed) this.hold(name, unknown);
    else for (const name of removed) this.#owed.add(name);
    this.#settle();
  }

  /** Finding none is remembered, until something is asked for, held or released, or the view moves. */
  difference(view: View): Difference {
    const stamp = view.stamp(this.type);
    if (this.fresh.size > 0 || this.unanswered) this.#seen = -1;
    if (stamp === this.#seen) return nothing;
    const wanted = new Map<string, Resource>();
    const missing: string[] = [];
    const again = new Set<string>();
    if (this.wildcard) for (const resource of view.all(this.type)) wanted.set(resource.name, resource);
    for (const name of this.names.keys()) {
      const resource = view.get(this.type, name);
      if (resource) {
        wanted.set(resource.name, resource);
        this.names.set(name, resource.name);
        if (this.fresh.has(name)) again.add(resource.name);
      } else if (this.fresh.has(name)) missing.push(name);
    }
    this.#retryRefused(wanted);
    const gone = [...this.held.keys()].filter((name) => !wanted.has(name));
    const changed = [...wanted.values()].filter(
      ({ name, version }) => again.has(name) || this.held.get(name)?.version !== version,
    );
    if (changed.length === 0 && gone.length === 0 && missing.length === 0) this.#seen = stamp;
    return { changed, gone, missing };
  }

  /** All that a full state has to hold: what the client may see, and what may not be withdrawn yet. */
  fullState(view: View, keep: readonly string[]): Resource[] {
    const all = new Map<string, Resource>();
    for (const name of keep) {
      const resource = this.held.get(name)?.resource;
      if (resource) all.set(name, resource);
    }
    if (this.wildcard) for (const resource of view.all(this.type)) all.set(resource.name, resource);
    for (const name of this.names.keys()) {
      const resource = view.get(this.type, name);
      if (resource) all.set(resource.name, resource);
    }
    return [...all.values()];
  }

  /** Takes back what the client holds; answers the other names under which the client had asked for it. */
  withdraw(name: string): string[] {
    this.release(name);
    const asked = [...this.names].filter(([, canonical]) => canonical === name).map(([alias]) => alias);
    for (const alias of asked) this.names.set(alias, undefined);
    return asked;
  }

  /** Every name asked for has its answer now: the resource, or that there is none. */
  answered(missing: readonly string[]): void {
    this.unanswered = false;
    for (const name of missing) this.fresh.delete(name);
    for (const name of this.fresh) {
      const canonical = this.names.get(name);
      if (canonical !== undefined && this.held.has(canonical)) this.fresh.delete(name);
    }
  }

  #retryRefused(wanted: Map<string, Resource>): void {
    if (this.#refused.size === 0) return;
    const moved = [...this.#refused].some(
      (name) => !wanted.has(name) || wanted.get(name)?.version !== this.held.get(name)?.version,
    );
    if (!moved) return;
    // A client may have taken some of it: what it has of the others is not known.
    for (const name of this.#refused) if (wanted.has(name)) this.hold(name, unknown);
    this.#refused.clear();
    for (const name of this.#owed) if (!this.held.has(name)) this.hold(name, unknown);
    this.#owed.clear();
  }

  /** The client may have dropped a resource; where other wishes may cover it, it is told what became of it. */
  #forget(name: string): void {
    const wishes = [...this.names.values()];
    if (wishes.includes(name)) return;
    // A name without an answer yet may be another name of this resource.
    if ((this.#delta && this.wildcard) || wishes.includes(undefined)) this.hold(name, unknown);
    else {
      this.release(name);
      if (this.#delta && this.outstanding?.names.includes(name)) this.#strays.add(name);
    }
  }

  #mix(version: string): void {
    // A version that is none of ours counts as 0.
    this.#high ^= Number.parseInt(version.slice(0, 8), 16);
    this.#low ^= Number.parseInt(version.slice(8, 16), 16);
  }
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
