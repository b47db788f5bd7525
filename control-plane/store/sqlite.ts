import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  type Change,
  type Entry,
  type Listing,
  leasePrefix,
  type Stop,
  type Store,
  type Watcher,
  type Written,
} from './contract.ts';
import { prepareStatements, type Statements, schema, schemaVersion } from './sqlite-schema.ts';

export type Opened = { ok: true; store: Store } | { ok: false; message: string };

export interface SqliteOptions {
  /** Deletions that are remembered for watchers that come back; the oldest are forgotten first. */
  tombstones?: number;
}

/**
 * Opens or creates the embedded store in `file` (':memory:' for tests). One process at a time: the file stays locked, and
 * the lock ends with the process however it ends. Source: sqlite.org/wal.html, sqlite.org/pragma.html.
 */
export function openSqlite(file: string, options: SqliteOptions = {}): Opened {
  let db: DatabaseSync | undefined;
  try {
    if (file !== ':memory:') mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    db = new DatabaseSync(file, { timeout: 0 });
    // FULL syncs the log at every commit: what was acknowledged survives a power failure. EXCLUSIVE before WAL: no second
    // process may write, and no shared-memory file is needed.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    const version = Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
    if (version > schemaVersion) {
      db.close();
      return { ok: false, message: `${file} was written by a newer version of Aya (format ${version})` };
    }
    if (version === 0) db.exec(`BEGIN IMMEDIATE; ${schema}; PRAGMA user_version = ${schemaVersion}; COMMIT`);
    return { ok: true, store: new SqliteStore(db, options.tombstones ?? 10_000) };
  } catch (error) {
    if (db?.isOpen) db.close();
    const reason = error instanceof Error ? error.message : String(error);
    const hint = /locked|busy/i.test(reason) ? ': another control plane is using it' : '';
    return { ok: false, message: `cannot open the store ${file}: ${reason}${hint}` };
  }
}

interface Write {
  key: string;
  /** Undefined deletes. */
  value: string | undefined;
  expected: number | undefined;
  resolve: (written: Written) => void;
}

interface Watching {
  from: number;
  watcher: Watcher;
  /** False until history was read; meanwhile commits are left to that reading. */
  live: boolean;
}

class SqliteStore implements Store {
  readonly #db: DatabaseSync;
  readonly #sql: Statements;
  readonly #tombstones: number;
  readonly #watching = new Set<Watching>();
  #revision: number;
  /** The revision up to which tombstones were forgotten. */
  #forgotten: number;
  #writes: Write[] = [];
  #buried: number;
  #closed = false;

  constructor(db: DatabaseSync, tombstones: number) {
    this.#db = db;
    this.#sql = prepareStatements(db);
    this.#tombstones = tombstones;
    this.#revision = this.#sql.counter('revision');
    this.#forgotten = this.#sql.counter('forgotten');
    this.#buried = this.#sql.countTombstones();
  }

  async get(key: string): Promise<Entry | undefined> {
    return this.#sql.get(key);
  }

  async list(prefix: string): Promise<Listing> {
    return { entries: this.#sql.list(prefix), revision: this.#revision };
  }

  put(key: string, value: string, expected?: number): Promise<Written> {
    return this.#write(key, value, expected);
  }

  delete(key: string, expected?: number): Promise<Written> {
    return this.#write(key, undefined, expected);
  }

  watch(from: number, watcher: Watcher): Stop {
    const watching = { from, watcher, live: false };
    this.#watching.add(watching);
    queueMicrotask(() => this.#catchUp(watching));
    return () => this.#watching.delete(watching);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#commit();
    this.#closed = true;
    this.#watching.clear();
    this.#db.close();
  }

  #write(key: string, value: string | undefined, expected: number | undefined): Promise<Written> {
    if (this.#closed) return Promise.resolve({ ok: false, reason: 'unavailable', message: 'the store is closed' });
    return new Promise((resolve) => {
      // All writes of one turn of the event loop share one commit, and so one wait for the disk.
      if (this.#writes.length === 0) setImmediate(() => this.#commit());
      this.#writes.push({ key, value, expected, resolve });
    });
  }

  #commit(): void {
    const writes = this.#writes;
    if (writes.length === 0) return;
    this.#writes = [];
    const changes: Change[] = [];
    let results: Written[];
    let revision = this.#revision;
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      results = writes.map((write) => {
        const current = this.#sql.revisionOf(write.key);
        const absent = write.value === undefined && current === 0;
        if (absent || (write.expected !== undefined && write.expected !== current)) {
          return { ok: false, reason: 'conflict', revision: current };
        }
        revision += 1;
        this.#sql.write(write.key, write.value, revision);
        if (!write.key.startsWith(leasePrefix)) changes.push({ key: write.key, value: write.value, revision });
        return { ok: true, revision };
      });
      this.#sql.setCounter('revision', revision);
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#fail(writes, error);
      return;
    }
    this.#revision = revision;
    this.#announce(changes);
    for (const [index, write] of writes.entries()) write.resolve(results[index] as Written);
    this.#buried += changes.filter((change) => change.value === undefined).length;
    if (this.#buried > 2 * this.#tombstones) this.#forget();
  }

  /** Nothing of the turn is in the file: everybody is told, and the next turn tries anew. */
  #fail(writes: readonly Write[], error: unknown): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    const message = `the store could not write: ${error instanceof Error ? error.message : String(error)}`;
    for (const write of writes) write.resolve({ ok: false, reason: 'unavailable', message });
  }

  #announce(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    for (const { live, watcher } of [...this.#watching]) if (live) watcher.onChanges(changes);
  }

  #catchUp(watching: Watching): void {
    if (!this.#watching.has(watching)) return;
    if (watching.from > 0 && watching.from < this.#forgotten) {
      this.#watching.delete(watching);
      watching.watcher.onGone();
      return;
    }
    const history = this.#sql.changesAfter(watching.from);
    watching.live = true;
    if (history.length > 0) watching.watcher.onChanges(history);
  }

  /** Forgets the older half of the tombstones. A crash in between forgets nothing or all of that half. */
  #forget(): void {
    const upTo = this.#sql.tombstoneBefore(this.#tombstones);
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      this.#sql.forget(upTo);
      this.#sql.setCounter('forgotten', upTo);
      this.#db.exec('COMMIT');
      this.#forgotten = upTo;
      this.#buried = this.#sql.countTombstones();
    } catch {
      // The tombstones stay, and so does their meaning; the next deletion tries again.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    }
  }
}
