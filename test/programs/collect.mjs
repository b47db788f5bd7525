/**
 * Loaded into a sidecar by `--import .../collect.mjs?FILE`: whenever FILE has changed, each thread collects its garbage and writes
 * to FILE.N how many bytes it has in use then. V8 by itself lets garbage lie as long as there is room.
 */
import { statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { threadId } from 'node:worker_threads';

const file = decodeURIComponent(new URL(import.meta.url).search.slice(1));
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
let seen = 0;
setInterval(async () => {
  const now = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (now === seen) return;
  seen = now;
  // Array buffers are given back only some turns after they were collected.
  for (let times = 0; times < 3; times += 1) {
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    await sleep(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  writeFileSync(`${file}.${threadId}`, `${now} ${heapUsed + external}`);
}, 100).unref();
