/**
 * `npm run chaos`: real backends that are killed, stopped, slowed down and broken under load, behind each proxy in turn. Prints what
 * each made of it; ends with 1 when Aya misses a goal, or does worse than HAProxy, twice: a machine that others use as well stands
 * still now and then. The short form, for continuous integration, lets the proxies run side by side, and leaves Envoy out. With
 * --http2 that is what the backends speak; aya-twice has a sidecar at both ends.
 *
 *   node test/chaos/main.ts [--short] [--together] [--http2] [--only NAME,...] [--proxies aya,haproxy,envoy,aya-twice] [--rate PER-SECOND]
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Ground } from './ground/ground.ts';
import type { Run, Scale, Scenario } from './ground/scenario.ts';
import { type Finding, scenarioTable, summaryTable } from './ground/table.ts';
import { judge } from './ground/verdict.ts';
import { aya } from './proxies/aya.ts';
import { ayaTwice } from './proxies/aya-twice.ts';
import { type Contestant, terms } from './proxies/contestant.ts';
import { envoy } from './proxies/envoy.ts';
import { haproxy } from './proxies/haproxy.ts';
import { burst } from './scenarios/burst.ts';
import { failingAll } from './scenarios/failing-all.ts';
import { failingOne } from './scenarios/failing-one.ts';
import { flapping } from './scenarios/flapping.ts';
import { killedOne } from './scenarios/killed-one.ts';
import { killedTwo } from './scenarios/killed-two.ts';
import { limited } from './scenarios/limited.ts';
import { outage } from './scenarios/outage.ts';
import { posting } from './scenarios/posting.ts';
import { resetting } from './scenarios/resetting.ts';
import { rollingGracefully, rollingKilled, rollingPosts } from './scenarios/rolling.ts';
import { slow } from './scenarios/slow.ts';
import { stopped } from './scenarios/stopped.ts';

const all: readonly Scenario[] = [
  ...[killedOne, stopped, slow, failingOne, resetting, limited, flapping, killedTwo],
  ...[rollingGracefully, rollingKilled, rollingPosts, burst, failingAll, outage, posting],
];
const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    http2: { type: 'boolean', default: false },
    together: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    proxies: { type: 'string', default: '' },
    rate: { type: 'string', default: '200' },
  },
});
const scale: Scale = { short: values.short, rate: Number(values.rate) };
const protocol = values.http2 ? 'http2' : 'http1';
const together = values.short || values.together;

/** Those of `all` that are named, or all of them when none is. */
function chosen<T extends { readonly name: string }>(from: readonly T[], names: string): readonly T[] {
  const wanted = names.split(',').filter((each) => each !== '');
  for (const each of wanted) if (!from.some(({ name }) => name === each)) throw new Error(`there is no ${each}`);
  return wanted.length === 0 ? from : from.filter(({ name }) => wanted.includes(name));
}

const scenarios = chosen(all, values.only).filter(({ longOnly }) => !(scale.short && longOnly));
const asked = chosen(
  [aya, haproxy, envoy, ayaTwice],
  values.proxies || (scale.short ? 'aya,haproxy' : 'aya,haproxy,envoy'),
);
const proxies = asked.filter((each) => each.version() !== undefined);
for (const each of asked) if (!proxies.includes(each)) console.log(`${each.name} is not here: left out`);

console.log(
  `five backends that need 5 ms (${protocol}); ${scale.rate} requests/s by an open loop; failed: not 2xx, reset, truncated, or later than ` +
    `${terms.deadline} ms after it was due (cut off by a kill after its head: shown, not counted)\n`,
);
for (const each of proxies) console.log(`${each.name} ${each.version()}: ${each.policy}`);

/** Each proxy in turn on one ground, or side by side, each on its own. */
async function runAll(grounds: readonly Ground[], scenario: Scenario): Promise<Run[]> {
  const run = (proxy: Contestant, at: number): Promise<Run> =>
    (grounds[at % grounds.length] as Ground).run(scenario, proxy, scale);
  if (together) return Promise.all(proxies.map(run));
  const runs: Run[] = [];
  for (const [at, proxy] of proxies.entries()) runs.push(await run(proxy, at));
  return runs;
}

// By way of 'exit', where every process that was started is killed.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const grounds = await Promise.all(Array.from({ length: together ? proxies.length : 1 }, () => Ground.ready(protocol)));
const findings: Finding[] = [];

async function find(scenario: Scenario): Promise<Finding> {
  const runs = await runAll(grounds, scenario);
  const verdicts = judge(scenario, runs, scale);
  console.log(`\n${scenarioTable(scenario, runs, verdicts)}`);
  return { scenario, runs, verdicts };
}

try {
  for (const scenario of scenarios) {
    let finding = await find(scenario);
    if (finding.verdicts.some(({ holds }) => !holds)) {
      console.log('  once more:');
      finding = await find(scenario);
    }
    findings.push(finding);
  }
} finally {
  for (const each of grounds) await each.close();
}
const verdicts = findings.flatMap((each) => each.verdicts);
const held = verdicts.filter((each) => each.holds).length;
const names = proxies.map((each) => each.name);
console.log(`\n${summaryTable(findings, names)}\n\n${held} of ${verdicts.length} claims hold`);
process.exit(held === verdicts.length ? 0 : 1);
