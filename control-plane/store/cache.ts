import type { Change, Stop, Store, Written } from './contract.ts';
import { History } from './history.ts';
import { SortedKeys } from './sorted-keys.ts';

export interface CacheOptions<T> {
  store: Store;
  /** Only keys below it are held. */
  prefix: string;
  /** The value that readers get. Called once per change; throws only when the store holds what nobody wrote. */
  decode: (key: string, text: string, revision: number) => T;
  /** How many changes watchers can go back to, and how many characters of values these may hold. */
  keep?: { changes: number; characters: number };
}

/** One change, as watchers see it. `value` of a deletion is undefined, `previous` of an addition. */
export interface Seen<T> {
  readonly key: string;
  readonly value: T | undefined;
  readonly previous: T | undefined;
  readonly revision: number;
}

export type Listener<T> = (changes: readonly Seen<T>[]) => void;

/**
 * The store's content in memory: every read, list and watch of the API comes from here. Writes go to the store and resolve
 * when the cache has seen them, so that a client reads what it wrote.
 */
export class Cache<T> {
  readonly #store: Store;
  readonly #options: CacheOptions<T>;
  readonly #values = new Map<string, T>();
  readonly #keys = new SortedKeys();
  readonly #history: History<T>;
  readonly #listeners = new Set<Listener<T>>();
  #waiting: { revision: number; resolve: () => void }[] = [];
  #revision = 0;
  #stop: Stop = () => {};
  #closed = false;

  private constructor(options: CacheOptions<T>) {
    this.#store = options.store;
    this.#options = options;
    this.#history = new History(options.keep ?? { changes: 10_000, characters: 32 * 1024 * 1024 });
  }

  /** Resolves when all that the store holds is here. */
  static async open<T>(options: CacheOptions<T>): Promise<Cache<T>> {
    const cache = new Cache(options);
    await cache.#load();
    return cache;
  }

  /** The newest revision seen: what a list is good for, and where a watch goes on. */
  get revision(): number {
    return this.#revision;
  }

  get(key: string): T | undefined {
    return this.#values.get(key);
  }

  /** All below `prefix` in order of keys. */
  list(prefix: string): T[] {
    return this.#keys.below(prefix).map((key) => this.#values.get(key) as T);
  }

  /** As `Store.put`, but resolves when the cache has seen it. */
  put(key: string, value: string, expected?: number): Promise<Written> {
    return this.#seen(this.#store.put(key, value, expected));
  }

  /** As `Store.delete`, but resolves when the cache has seen it. */
  delete(key: string, expected?: number): Promise<Written> {
    return this.#seen(this.#store.delete(key, expected));
  }

  /**
   * Calls `listener` in this turn with what changed after revision `from`, and later with each commit. Undefined when that
   * is no longer (or not yet) known: the client must list again.
   */
  watch(from: number, listener: Listener<T>): Stop | undefined {
    const missed = from > this.#revision ? undefined : this.#history.after(from);
    if (!missed) return undefined;
    if (missed.length > 0) listener(missed);
    return this.subscribe(listener);
  }

  /** Calls `listener` with each commit from now on, before the writes of that commit resolve. */
  subscribe(listener: Listener<T>): Stop {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    this.#listeners.clear();
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  async #load(): Promise<void> {
    const { entries, revision } = await this.#store.list(this.#options.prefix);
    if (this.#closed) return;
    const gone = new Set(this.#values.keys());
    for (const { key } of entries) gone.delete(key);
    const deletions = [...gone].map((key) => ({ key, value: undefined, revision }));
    this.#take([...entries.toSorted((a, b) => a.revision - b.revision), ...deletions], revision);
    this.#history.restart(revision);
    this.#stop = this.#store.watch(revision, {
      onChanges: (each) => this.#take(each, each.at(-1)?.revision ?? 0),
      onGone: () => void this.#load(),
    });
  }

  #take(changes: readonly Change[], revision: number): void {
    const { prefix, decode } = this.#options;
    const seen: Seen<T>[] = [];
    for (const change of changes) {
      if (!change.key.startsWith(prefix)) continue;
      const previous = this.#values.get(change.key);
      const { key, value: text } = change;
      const value = text === undefined ? undefined : decode(key, text, change.revision);
      if (value === undefined && previous === undefined) continue;
      this.#set(key, value);
      const each = { key, value, previous, revision: change.revision };
      seen.push(each);
      this.#history.add(each, text?.length ?? 0);
    }
    this.#revision = Math.max(this.#revision, revision);
    if (seen.length > 0) for (const listener of [...this.#listeners]) listener(seen);
    const ready = this.#waiting.filter((each) => each.revision <= this.#revision);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((each) => each.revision > this.#revision);
    for (const { resolve } of ready) resolve();
  }

  #set(key: string, value: T | undefined): void {
    if (value === undefined) {
      this.#values.delete(key);
      this.#keys.delete(key);
      return;
    }
    if (!this.#values.has(key)) this.#keys.add(key);
    this.#values.set(key, value);
  }

  async #seen(writing: Promise<Written>): Promise<Written> {
    const written = await writing;
    if (written.ok && written.revision > this.#revision && !this.#closed) {
      await new Promise<void>((resolve) => this.#waiting.push({ revision: written.revision, resolve }));
    }
    return written;
  }
}
