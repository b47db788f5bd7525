/**
 * `npm run bench`: what requests, connections and memory cost in Aya and in its peers, on this machine, now; and whether the floors
 * and goals of the project hold.
 *
 * Every proxy runs as one worker pinned to core 0, in front of the same nginx backend; backend and load share core 1. The figure to
 * compare is CPU time of the proxy's process tree per request: it moves little when the machine is busy, where requests per second
 * move a lot. Proxies take turns round by round, and the medians of a run are compared within that run only. Envoy and Aya are
 * started from the same bootstrap file.
 *
 *   node test/bench/main.ts [--rows get,log,...] [--rounds 5] [--seconds 4] [--only nginx,aya]
 *                           [--before FOLDER] [--json FILE]
 *
 * `--before` lets a second Aya take part, as `before`: what did a change bring? FOLDER is made by `git worktree` and `npm run build` in it.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Bench } from './bench.ts';
import { aya, ayaFrom } from './contenders/aya.ts';
import type { Contender } from './contenders/contender.ts';
import { envoy } from './contenders/envoy.ts';
import { haproxy } from './contenders/haproxy.ts';
import { nginx } from './contenders/nginx.ts';
import { judge, type Result } from './result.ts';
import { bulk } from './rows/bulk.ts';
import { changes } from './rows/changes.ts';
import { get } from './rows/get.ts';
import { http2 } from './rows/http2.ts';
import { http2Memory } from './rows/http2-memory.ts';
import { http2Stalled } from './rows/http2-stalled.ts';
import { idle } from './rows/idle.ts';
import { latency } from './rows/latency.ts';
import { log } from './rows/log.ts';
import { post } from './rows/post.ts';
import type { Row } from './rows/row.ts';
import { start } from './rows/start.ts';
import { tcp } from './rows/tcp.ts';
import { workers } from './rows/workers.ts';
import { detailsOf, summaryOf } from './table.ts';

const rows: readonly Row[] = [
  ...[get, post, log, bulk, tcp, idle, latency, changes, workers, start],
  ...[http2, http2Memory, http2Stalled],
];

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string' },
    before: { type: 'string' },
    json: { type: 'string' },
  },
});
const [rounds, seconds] = [values.rounds, values.seconds].map(Number);
const before = values.before === undefined ? [] : [ayaFrom('before', path.resolve(values.before, 'bin/aya'))];
const contenders: readonly Contender[] = [nginx, haproxy, envoy, ...before, aya];
if (!rounds || !seconds) throw new Error('--rounds and --seconds are whole numbers above 0');

/** Those of `all` that a flag names; all without the flag. */
function chosen<T extends { readonly name: string }>(
  all: readonly T[],
  flag: string,
  value: string | undefined,
): readonly T[] {
  const names = value?.split(',');
  const unknown = names?.filter((name) => !all.some((each) => each.name === name)) ?? [];
  if (unknown.length > 0) {
    throw new Error(`--${flag}: no ${unknown.join(', ')}; there is ${all.map(({ name }) => name).join(', ')}`);
  }
  return all.filter(({ name }) => !names || names.includes(name));
}

const present = chosen(contenders, 'only', values.only).filter((each) => {
  const version = each.version();
  console.log(`${each.name}: ${version ?? 'not installed, left out'}`);
  return version !== undefined;
});
const bench = new Bench({ rounds, seconds, contenders: present });
const results: Result[] = [];
try {
  for (const row of chosen(rows, 'rows', values.rows)) {
    process.stderr.write(`${row.name}: ${row.words}\n`);
    for (const result of await row.measure(bench)) {
      results.push(result);
      console.log(`\n${detailsOf(result)}`);
    }
  }
} finally {
  await bench.close();
}
console.log(`\nMedians of ${rounds} rounds of ${seconds} s, ${cpus()[0]?.model}, Node ${process.version}:\n`);
console.log(summaryOf(results));
if (values.json) {
  const facts = { cpu: cpus()[0]?.model, node: process.version, rounds, seconds };
  const judged = results.map((result) => ({ ...result, verdicts: judge(result) }));
  writeFileSync(values.json, `${JSON.stringify({ ...facts, results: judged }, null, 2)}\n`);
}
