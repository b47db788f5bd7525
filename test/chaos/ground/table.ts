import { aligned } from '../../bench/table.ts';
import { failed, latency } from './measures.ts';
import type { Measure, Run, Scenario } from './scenario.ts';
import type { Verdict } from './verdict.ts';

const shown = (measure: Measure, run: Run): string => measure.of(run).toFixed(measure.digits);

/** What went wrong, most often first: `500 x 3, reset x 1`. */
function troubles({ kills, samples }: Run): string {
  const counts = new Map<string, number>();
  for (const each of samples) {
    if (each.outcome === 'good') continue;
    const name = each.outcome === 'status' ? String(each.status) : each.outcome;
    const words = failed(each, kills) ? name : `(${name})`;
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, left], [, right]) => right - left)
    .map(([name, count]) => `${name} x ${count}`)
    .join(', ');
}

/** All that was measured of one scenario: a line for each proxy, a line for each claim. */
export function scenarioTable(scenario: Scenario, runs: readonly Run[], verdicts: readonly Verdict[]): string {
  const { measures, name, words } = scenario;
  const headings = ['', 'requests', ...measures.map((each) => each.words), 'p50 ms', 'p99.9 ms', 'not answered well'];
  const lines = runs.map((run) => [
    run.proxy,
    String(run.samples.length),
    ...measures.map((each) => shown(each, run)),
    latency(run.samples, 50).toFixed(1),
    latency(run.samples, 99.9).toFixed(1),
    troubles(run),
  ]);
  const claims = verdicts.map((each) => `  ${each.holds ? 'holds ' : 'MISSES'}  ${each.words}`);
  return [`${name}: ${words}`, aligned([headings, ...lines]), ...claims].join('\n');
}

export interface Finding {
  readonly scenario: Scenario;
  readonly runs: readonly Run[];
  readonly verdicts: readonly Verdict[];
}

/** One line for each scenario: what it is about, for each proxy. */
export function summaryTable(findings: readonly Finding[], proxies: readonly string[]): string {
  const lines = findings.map(({ runs, scenario, verdicts }) => {
    const [first] = scenario.measures;
    if (!first) return [scenario.name];
    const figures = proxies.map((name) => {
      const run = runs.find(({ proxy }) => proxy === name);
      return run ? shown(first, run) : '';
    });
    const goal = first.goal === undefined ? '' : `<= ${first.goal}`;
    const missed = verdicts.filter((each) => !each.holds).length;
    return [scenario.name, first.words, ...figures, goal, missed === 0 ? 'holds' : `${missed} MISSED`];
  });
  return aligned([['scenario', 'figure', ...proxies, 'goal', ''], ...lines], 2);
}
