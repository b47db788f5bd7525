/**
 * Writes to the store in argv[2] with four writers until it is killed. Each acknowledged write is one line on standard
 * output: `key revision number` (number 0: deleted). The first line is `open revision`.
 */
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openSqlite } from '../../control-plane/store/sqlite.ts';
import { seededRandom } from '../../shared/struct/random.ts';

const [file = '', seed = '1'] = process.argv.slice(2);
const opened = openSqlite(file);
if (!opened.ok) throw new Error(opened.message);
const { store } = opened;
const random = seededRandom(Number(seed));
let number = 0;

async function write(writer: number): Promise<never> {
  for (;;) {
    const key = `objects/${writer}/${Math.floor(random() * 20)}`;
    const current = await store.get(key);
    number += 1;
    const mine = number;
    const body = 'x'.repeat(Math.floor(random() ** 4 * 60_000));
    const check = createHash('sha256').update(`${seed}/${mine}/${body}`).digest('hex');
    const value = JSON.stringify({ seed, number: mine, body, check });
    const dying = current !== undefined && random() < 0.2;
    const written = await (dying ? store.delete(key, current.revision) : store.put(key, value, current?.revision ?? 0));
    if (!written.ok) throw new Error(JSON.stringify(written));
    writeSync(1, `${key} ${written.revision} ${dying ? 0 : mine}\n`);
  }
}

writeSync(1, `open ${(await store.list('')).revision}\n`);
await Promise.all([1, 2, 3, 4].map(write));
