import type { DatabaseSync } from 'node:sqlite';
import { type Change, type Entry, leasePrefix } from './contract.ts';

/** Format of the file, in `PRAGMA user_version`. */
export const schemaVersion = 1;

/** A tombstone is an entry without value. Leases stand apart, so that their churn touches neither history nor index. */
export const schema = `
  CREATE TABLE entry (key TEXT PRIMARY KEY, value TEXT, revision INTEGER NOT NULL);
  CREATE UNIQUE INDEX entry_by_revision ON entry (revision);
  CREATE INDEX tombstone ON entry (revision) WHERE value IS NULL;
  CREATE TABLE lease (key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL);
  CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
  INSERT INTO counter VALUES ('revision', 0), ('forgotten', 0)`;

/** The store's questions and orders, each prepared once. Transactions are the caller's. */
export interface Statements {
  counter(name: 'revision' | 'forgotten'): number;
  setCounter(name: 'revision' | 'forgotten', value: number): void;
  get(key: string): Entry | undefined;
  list(prefix: string): Entry[];
  /** 0 when absent or deleted. */
  revisionOf(key: string): number;
  write(key: string, value: string | undefined, revision: number): void;
  changesAfter(revision: number): Change[];
  countTombstones(): number;
  /** The revision of the newest tombstone but `keep`. */
  tombstoneBefore(keep: number): number;
  forget(upTo: number): void;
}

interface Row {
  key: string;
  value: string | null;
  revision: number;
}

export function prepareStatements(db: DatabaseSync): Statements {
  const of = (table: 'entry' | 'lease') => ({
    get: db.prepare(`SELECT key, value, revision FROM ${table} WHERE key = ? AND value IS NOT NULL`),
    list: db.prepare(
      `SELECT key, value, revision FROM ${table} WHERE key >= ? AND key < ? AND value IS NOT NULL ORDER BY key`,
    ),
    put: db.prepare(
      `INSERT INTO ${table} VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision`,
    ),
  });
  const [entry, lease] = [of('entry'), of('lease')];
  const tableOf = (key: string) => (key.startsWith(leasePrefix) ? lease : entry);
  const dropLease = db.prepare('DELETE FROM lease WHERE key = ?');
  const readCounter = db.prepare('SELECT value FROM counter WHERE name = ?');
  const writeCounter = db.prepare('UPDATE counter SET value = ? WHERE name = ?');
  const after = db.prepare('SELECT key, value, revision FROM entry WHERE revision > ? ORDER BY revision');
  const afterNothing = db.prepare('SELECT key, value, revision FROM entry WHERE value IS NOT NULL ORDER BY revision');
  const tombstones = db.prepare('SELECT count(*) AS count FROM entry WHERE value IS NULL');
  const nthTombstone = db.prepare(
    'SELECT revision FROM entry WHERE value IS NULL ORDER BY revision DESC LIMIT 1 OFFSET ?',
  );
  const dropTombstones = db.prepare('DELETE FROM entry WHERE value IS NULL AND revision <= ?');

  return {
    counter: (name) => Number(readCounter.get(name)?.value ?? 0),
    setCounter: (name, value) => void writeCounter.run(value, name),
    get(key) {
      const row = tableOf(key).get.get(key) as Row | undefined;
      return row && { key: row.key, value: row.value ?? '', revision: row.revision };
    },
    list(prefix) {
      // Texts compare as UTF-8 bytes, and U+10FFFF is greater than whatever a key may hold.
      const rows = tableOf(prefix).list.all(prefix, `${prefix}\u{10ffff}`) as unknown as Row[];
      return rows.map((row) => ({ key: row.key, value: row.value ?? '', revision: row.revision }));
    },
    revisionOf: (key) => Number(tableOf(key).get.get(key)?.revision ?? 0),
    write(key, value, revision) {
      if (value === undefined && key.startsWith(leasePrefix)) dropLease.run(key);
      else tableOf(key).put.run(key, value ?? null, revision);
    },
    changesAfter(revision) {
      const rows = (revision === 0 ? afterNothing.all() : after.all(revision)) as unknown as Row[];
      return rows.map((row) => ({ key: row.key, value: row.value ?? undefined, revision: row.revision }));
    },
    countTombstones: () => Number(tombstones.get()?.count ?? 0),
    tombstoneBefore: (keep) => Number(nthTombstone.get(keep)?.revision ?? 0),
    forget: (upTo) => void dropTombstones.run(upTo),
  };
}
