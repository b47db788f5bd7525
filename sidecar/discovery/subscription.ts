import type { ResourceKind } from '../plan/resource.ts';

/** A resource as it came, with what is needed to keep it over a restart. */
export interface Held {
  readonly name: string;
  readonly version: string;
  readonly bytes: Buffer;
  /** Monotonic ms at which it ends by itself; 0 = never. */
  readonly expiresAt: number;
}

/** What changes in a subscription by a request. */
export interface Interest {
  readonly subscribe: string[];
  readonly unsubscribe: string[];
  /** Only in the first request of a type on a stream. */
  readonly initial: Record<string, string>;
}

/**
 * One resource type: what is wanted, what was asked for on this stream, and what is held. A resource may have another
 * name than the one it was asked for by: virtual hosts on demand are asked for by any of their host names.
 */
export class Subscription {
  readonly kind: ResourceKind;
  readonly type: string;
  readonly wildcard: boolean;
  readonly held = new Map<string, Held>();
  /** Whether the wildcard was answered, ever. */
  answered = false;
  #wanted: ReadonlySet<string> = new Set();
  /** Null until the first request of the type on this stream. */
  #sent: Set<string> | null = null;
  /** Names asked for, with the name of the resource that answers to them, or null where there is none. */
  readonly #answers = new Map<string, string | null>();
  /** Names asked for that were answered only by something that had to be refused. */
  readonly #refused = new Set<string>();

  constructor(kind: ResourceKind, type: string, wildcard: boolean) {
    this.kind = kind;
    this.type = type;
    this.wildcard = wildcard;
  }

  /** The stream broke: everything has to be asked for again. */
  closed(): void {
    this.#sent = null;
  }

  wants(name: string): boolean {
    return this.#wanted.has(name);
  }

  /** Sets the names that are wanted. Answers those that are not any more. */
  want(names: ReadonlySet<string>): string[] {
    const dropped = [...this.#wanted].filter((name) => !names.has(name));
    this.#wanted = names;
    return dropped;
  }

  /** What has to be requested so that the server knows what is wanted; undefined when it does. */
  interest(): Interest | undefined {
    const first = this.#sent === null;
    const sent = this.#sent ?? new Set<string>();
    const subscribe = [...this.#wanted].filter((name) => !sent.has(name));
    const unsubscribe = [...sent].filter((name) => !this.#wanted.has(name));
    if (subscribe.length === 0 && unsubscribe.length === 0 && !(first && this.wildcard)) return undefined;
    this.#sent = new Set(this.#wanted);
    const initial: Record<string, string> = {};
    // What is left out the server sends anew: endpoints from disk for their health, faults for the rest of their lease.
    for (const { name, version, expiresAt } of first ? this.held.values() : []) {
      if (version !== '' && expiresAt === 0) initial[name] = version;
    }
    return { subscribe: first && this.wildcard ? ['*', ...subscribe] : subscribe, unsubscribe, initial };
  }

  /** Names asked for that the resource called `name` or `aliases` answers. */
  asked(name: string, aliases: readonly string[]): string[] {
    return [name, ...aliases].filter((each) => this.#wanted.has(each));
  }

  /** The resource that answers to a name asked for; null = there is none; undefined = not known yet. */
  answer(asked: string): string | null | undefined {
    return this.#answers.get(asked);
  }

  /** The names asked for that `name` answers. */
  aliasesOf(name: string): string[] {
    return [...this.#answers].filter(([, canonical]) => canonical === name).map(([asked]) => asked);
  }

  hold(held: Held, asked: readonly string[]): void {
    this.held.set(held.name, held);
    for (const each of asked) {
      this.#answers.set(each, held.name);
      this.#refused.delete(each);
    }
  }

  /** The answer to these names was refused; what was held before still answers to them. */
  refuse(asked: readonly string[]): void {
    for (const each of asked) {
      if (this.#answers.get(each)) continue;
      this.#answers.delete(each);
      this.#refused.add(each);
    }
  }

  isRefused(asked: string): boolean {
    return this.#refused.has(asked);
  }

  /** The server says that there is no `name`. Answers what is not held any more by that. */
  removed(name: string): string[] {
    const gone: string[] = [];
    if (this.held.delete(name)) gone.push(name);
    for (const asked of this.aliasesOf(name)) this.#answers.set(asked, null);
    const canonical = this.#answers.get(name);
    this.#refused.delete(name);
    if (this.#wanted.has(name)) this.#answers.set(name, null);
    if (canonical && canonical !== name && this.#isUnused(canonical) && this.held.delete(canonical))
      gone.push(canonical);
    return gone;
  }

  /** A name is not wanted any more. Answers what is not held any more by that. */
  dropped(name: string): string | undefined {
    const canonical = this.#answers.get(name);
    this.#answers.delete(name);
    this.#refused.delete(name);
    if (!canonical || !this.#isUnused(canonical)) return undefined;
    return this.held.delete(canonical) ? canonical : undefined;
  }

  #isUnused(canonical: string): boolean {
    for (const each of this.#answers.values()) if (each === canonical) return false;
    return true;
  }
}
