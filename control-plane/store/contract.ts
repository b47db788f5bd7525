/**
 * Where the control plane keeps what it was told. One key is written at a time, by comparing revisions; there are no
 * transactions, since a replicated key-value store has none. Every successful write takes the next number of one counter
 * for the whole store, its revision; it is positive and never used twice, also after a crash.
 *
 * Keys consist of letters, digits and `/ - _ . =` (what every store can hold). Values are texts, meant to be JSON.
 */
export interface Store {
  /** Undefined when the key is absent or deleted. Rejects only when the store cannot be read. */
  get(key: string): Promise<Entry | undefined>;

  /**
   * What is there now below `prefix`, in order of keys, and the store's revision at that moment: `watch` from it misses
   * nothing. Leases are found only by prefixes that begin with `leasePrefix`.
   */
  list(prefix: string): Promise<Listing>;

  /**
   * Writes if the key's revision is `expected`: 0 means that it must be absent, undefined that anything goes. Resolves
   * when the write would survive a crash of the machine; until then nobody sees it.
   */
  put(key: string, value: string, expected?: number): Promise<Written>;

  /** As `put`; deleting what is absent is a conflict with revision 0. */
  delete(key: string, expected?: number): Promise<Written>;

  /**
   * Reports each key that changed after revision `from`, at least with its latest state, in order of revisions, and goes
   * on until stopped. From 0: all that is there. Leases are never reported.
   */
  watch(from: number, watcher: Watcher): Stop;

  /** Waits for writes under way; afterwards every write is answered `unavailable`. */
  close(): Promise<void>;
}

/** Keys below it are leases: their writes are durable and numbered, but leave no history, no tombstones and no events. */
export const leasePrefix = 'leases/';

export interface Entry {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
}

export interface Listing {
  readonly entries: readonly Entry[];
  readonly revision: number;
}

/** `value` undefined: the key was deleted. */
export interface Change {
  readonly key: string;
  readonly value: string | undefined;
  readonly revision: number;
}

export type Written =
  | { readonly ok: true; readonly revision: number }
  /** The key is at another revision; 0: it is absent. */
  | { readonly ok: false; readonly reason: 'conflict'; readonly revision: number }
  /** Nothing was written: disk full, store closed, connection lost. */
  | { readonly ok: false; readonly reason: 'unavailable'; readonly message: string };

export interface Watcher {
  /** What one commit changed, in order of revisions; never empty. */
  onChanges(changes: readonly Change[]): void;
  /** The history up to `from` is no longer complete: list again. No call follows. */
  onGone(): void;
}

export type Stop = () => void;
