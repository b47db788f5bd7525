/**
 * `npm run simulate`: every balancing policy in virtual time, in one scenario after the other, with five fixed seeds. Prints
 * the median of the seeds, and checks in every seed what theory or a paper promises; ends with 1 when something does not
 * hold. `--short` is for continuous integration.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Mesh, type Result } from './mesh.ts';
import { type PolicyName, policies } from './policies.ts';
import { type Comparison, comparisons } from './scenarios.ts';

const seeds = [1, 2, 3, 5, 8];
const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } });
const all = values.short ? comparisons(4_000, 0.5) : comparisons(15_000, 1);

type Results = ReadonlyMap<PolicyName, Result>;

function resultsOf({ scenario, policies: names }: Comparison, seed: number): Results {
  return new Map(names.map((name) => [name, new Mesh(scenario, policies[name], seed).run()]));
}

function median(results: readonly Results[], policy: PolicyName, what: keyof Result): number {
  const sorted = results.map((each) => each.get(policy)?.[what] ?? 0).sort((left, right) => left - right);
  return sorted[sorted.length >> 1] ?? 0;
}

function show({ scenario, policies: names }: Comparison, results: readonly Results[]): void {
  console.log(`\n${scenario.name}`);
  console.log(
    `${''.padEnd(28)}${['p50 ms', 'p99 ms', 'p99.9 ms', 'errors'].map((each) => each.padStart(10)).join('')}`,
  );
  for (const name of names) {
    const latencies = (['p50', 'p99', 'p999'] as const).map((what) => median(results, name, what).toFixed(1));
    const errors = `${(100 * median(results, name, 'errors')).toFixed(2)} %`;
    console.log(`  ${name.padEnd(26)}${[...latencies, errors].map((each) => each.padStart(10)).join('')}`);
  }
}

/** Claims that do not hold, with their seeds. */
function broken({ scenario, expectations }: Comparison, results: readonly Results[]): string[] {
  return expectations.flatMap(({ claim, holds }) => {
    const against = seeds.filter((_, index) => !holds((policy) => results[index]?.get(policy) as Result));
    return against.length === 0 ? [] : [`${scenario.name}: ${claim}: not with seed ${against.join(', ')}`];
  });
}

const failures: string[] = [];
let claims = 0;
for (const comparison of all) {
  const results = seeds.map((seed) => resultsOf(comparison, seed));
  show(comparison, results);
  failures.push(...broken(comparison, results));
  claims += comparison.expectations.length;
}
console.log(`\n${claims - failures.length} of ${claims} claims hold in every one of ${seeds.length} seeds`);
for (const each of failures) console.log(`  ${each}`);
process.exit(failures.length === 0 ? 0 : 1);
