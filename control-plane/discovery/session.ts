import type { Resource, View } from '../snapshot/resource.ts';
import { isReferredTo, isUrgent, isWildcardType, rank } from './order.ts';
import { type ResourceState, Subscription } from './subscription.ts';

/** How long a change waits for clients to confirm what it refers to, in ms. A client that never answers delays no more. */
const patience = 1_000;

/** A state-of-the-world request: `names` is all that the client wants of the type. */
export interface FullRequest {
  readonly kind: 'full';
  readonly type: string;
  readonly names: readonly string[];
  readonly nonce: string;
  /** Why the last response was refused. */
  readonly error?: string;
}

/** An incremental request. */
export interface DeltaRequest {
  readonly kind: 'delta';
  readonly type: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** At the first request of a stream: the versions that the client still has. */
  readonly initial: Readonly<Record<string, string>>;
  readonly nonce: string;
  readonly error?: string;
}

export type Event =
  | FullRequest
  | DeltaRequest
  /** Something that the client may see has changed, or an asked-for wake has come. */
  | { readonly kind: 'look' }
  /** The transport has room again, or has none. */
  | { readonly kind: 'writable'; readonly yes: boolean };

export type Action =
  | {
      readonly kind: 'send';
      readonly type: string;
      readonly nonce: string;
      /** Version of all that the client holds of the type, once it has taken this. */
      readonly version: string;
      readonly resources: readonly Resource[];
      /** Only in incremental responses. */
      readonly removed: readonly string[];
    }
  | { readonly kind: 'accepted'; readonly type: string; readonly version: string }
  | { readonly kind: 'refused'; readonly type: string; readonly version: string; readonly error: string }
  /** Step again with `look` at this time. */
  | { readonly kind: 'wake'; readonly at: number };

/**
 * The server's side of one aggregated discovery stream, without any I/O: `step` takes what happened and answers what to
 * do. Both protocols share it, since they differ only in how a request names what it wants and in what a response holds.
 *
 * Invariants: one unanswered response per type, so changes meanwhile coalesce; a refused response is not repeated before
 * its content changes; what is referred to goes out before what refers to it and is withdrawn after it.
 */
export class Session {
  readonly #delta: boolean;
  /** True for clients known to list names next to a wildcard when they come back (envoy 1.19 and older). */
  readonly #namesOnReturn: boolean;
  readonly #subscriptions = new Map<string, Subscription>();
  /** The same, in the order in which changes are sent. */
  #ordered: Subscription[] = [];
  #nonce = 0;
  #writable = true;

  constructor(protocol: 'full' | 'delta', options: { namesOnReturn?: boolean } = {}) {
    this.#delta = protocol === 'delta';
    this.#namesOnReturn = options.namesOnReturn ?? false;
  }

  step(event: Event, view: View, now: number): Action[] {
    const actions: Action[] = [];
    if (event.kind === 'writable') this.#writable = event.yes;
    else if (event.kind === 'full') this.#full(event, actions);
    else if (event.kind === 'delta') this.#change(event, actions);
    if (this.#writable) this.#plan(view, now, actions);
    return actions;
  }

  /** By type URL: the version of all that was sent, and what the client has made of it. */
  standing(): Record<string, { version: string; state: 'applied' | 'pending' | 'refused' }> {
    const entries = [...this.#subscriptions].map(([type, { version, outstanding, refuses }]) => {
      const state: 'applied' | 'pending' | 'refused' = outstanding ? 'pending' : refuses ? 'refused' : 'applied';
      return [type, { version, state }] as const;
    });
    return Object.fromEntries(entries);
  }

  /** What has become of one resource at this client; `absent` when it neither has it nor asks for it. */
  state(type: string, name: string, view: View): ResourceState {
    return this.#subscriptions.get(type)?.state(name, view) ?? 'absent';
  }

  #full(request: FullRequest, actions: Action[]): void {
    const { subscription, first } = this.#subscriptionOf(request.type);
    // A stale nonce acknowledges nothing and is not responded to (a response is under way), yet its names are wishes: a name
    // that the client drops and wants again must be seen to have been dropped.
    this.#answer(subscription, request.nonce, request.error, actions);
    const wanted = new Set(request.names.filter((name) => name !== '*'));
    subscription.implicit =
      isWildcardType(request.type) && request.names.length === 0 && (first || subscription.implicit);
    const everything = subscription.implicit || request.names.includes('*');
    if (everything && !subscription.wildcard) subscription.askForEverything();
    else if (!everything && subscription.wildcard) subscription.dropWildcard();
    for (const name of [...subscription.names.keys()]) if (!wanted.has(name)) subscription.drop(name);
    for (const name of wanted) if (!subscription.names.has(name)) subscription.ask(name);
  }

  #change(request: DeltaRequest, actions: Action[]): void {
    const { subscription, first } = this.#subscriptionOf(request.type);
    this.#answer(subscription, request.nonce, request.error, actions);
    const known = first ? Object.entries(request.initial) : [];
    const everything =
      request.subscribe.includes('*') ||
      (first &&
        isWildcardType(request.type) &&
        (request.subscribe.length === 0 || (this.#namesOnReturn && known.length > 0)));
    if (everything && !subscription.wildcard) subscription.askForEverything();
    for (const [name, version] of known) subscription.hold(name, { version });
    for (const name of request.subscribe) {
      if (name === '*') continue;
      subscription.ask(name);
      // Held under its own name it is known; held under another, the client has yet to learn that it is the same.
      if (first && subscription.held.has(name)) subscription.fresh.delete(name);
    }
    for (const name of request.unsubscribe) {
      if (name === '*') subscription.dropWildcard();
      else subscription.drop(name);
    }
  }

  #subscriptionOf(type: string): { subscription: Subscription; first: boolean } {
    const known = this.#subscriptions.get(type);
    if (known) return { subscription: known, first: false };
    const subscription = new Subscription(type, this.#delta);
    this.#subscriptions.set(type, subscription);
    this.#ordered = [...this.#ordered, subscription].sort((one, other) => rank(one.type) - rank(other.type));
    return { subscription, first: true };
  }

  #answer(subscription: Subscription, nonce: string, error: string | undefined, actions: Action[]): void {
    const outstanding = subscription.outstanding;
    if (!outstanding || nonce !== outstanding.nonce) return;
    const { type } = subscription;
    if (error === undefined) {
      subscription.accept();
      actions.push({ kind: 'accepted', type, version: outstanding.version });
    } else {
      subscription.refuse();
      actions.push({ kind: 'refused', type, version: outstanding.version, error });
    }
  }

  #plan(view: View, now: number, actions: Action[]): void {
    const withdrawals: { subscription: Subscription; gone: readonly string[] }[] = [];
    let wakeAt = Number.POSITIVE_INFINITY;
    let delayed = false;
    for (const subscription of this.#ordered) {
      if (!subscription.outstanding) {
        const { changed, gone, missing } = subscription.difference(view);
        // Something earlier in the order is on its way and not confirmed: what may refer to it waits.
        const wait = wakeAt !== Number.POSITIVE_INFINITY && !isUrgent(subscription.type) && !subscription.unanswered;
        const late = isReferredTo(subscription.type);
        const ready = wait ? changed.filter((each) => isAsked(subscription, each)) : changed;
        const removed = late || wait ? [] : gone;
        if (late && gone.length > 0) withdrawals.push({ subscription, gone });
        if (subscription.unanswered || ready.length > 0 || removed.length > 0 || missing.length > 0) {
          const keep = late ? gone : [];
          actions.push(...this.#send(subscription, view, { changed: ready, removed, missing, keep }, now));
        } else if (changed.length > 0 || (!late && gone.length > 0)) delayed = true;
      }
      const since = subscription.outstanding?.at;
      if (since !== undefined && now < since + patience) wakeAt = Math.min(wakeAt, since + patience);
    }
    for (const { subscription, gone } of withdrawals.reverse()) {
      if (wakeAt !== Number.POSITIVE_INFINITY || subscription.outstanding) delayed = true;
      else {
        const sent = this.#send(subscription, view, { changed: [], removed: gone, missing: [], keep: [] }, now);
        actions.push(...sent);
        if (sent.length > 0) wakeAt = now + patience;
      }
    }
    if (delayed && wakeAt !== Number.POSITIVE_INFINITY) actions.push({ kind: 'wake', at: wakeAt });
  }

  #send(subscription: Subscription, view: View, what: Sending, now: number): Action[] {
    const whole = !this.#delta && isWildcardType(subscription.type);
    const resources = whole ? subscription.fullState(view, what.keep) : what.changed;
    const removed = new Set([...what.removed, ...what.missing]);
    for (const resource of resources) subscription.hold(resource.name, { version: resource.version, resource });
    for (const name of what.removed) for (const alias of subscription.withdraw(name)) removed.add(alias);
    subscription.answered(what.missing);
    // A full state has no way to say that a route or an assignment is gone; the client drops it with what named it.
    if (!this.#delta && !whole && resources.length === 0) return [];
    this.#nonce += 1;
    const nonce = String(this.#nonce);
    const { type, version } = subscription;
    const names = resources.map(({ name }) => name).filter((name) => !what.keep.includes(name));
    subscription.outstanding = { nonce, version, at: now, names, removed: what.removed };
    return [{ kind: 'send', type, nonce, version, resources, removed: this.#delta ? [...removed] : [] }];
  }
}

interface Sending {
  readonly changed: readonly Resource[];
  readonly removed: readonly string[];
  readonly missing: readonly string[];
  /** Gone from the view, but still referred to: stays part of a full state for now. */
  readonly keep: readonly string[];
}

const isAsked = (subscription: Subscription, { name }: Resource): boolean =>
  [...subscription.fresh].some((asked) => subscription.names.get(asked) === name);
