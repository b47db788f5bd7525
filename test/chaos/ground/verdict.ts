import type { Measure, Run, Scale, Scenario } from './scenario.ts';

/** One claim about Aya's run of a scenario. */
export interface Verdict {
  /** As it is printed: what is claimed, and what was found. */
  readonly words: string;
  readonly holds: boolean;
}

const ours = 'aya';
const anchor = 'haproxy';

/** Of a few hundred requests the hundredth part is chance: the short form does not compare latencies. */
const compares = ({ words }: Measure, { short }: Scale): boolean => !(short && words.startsWith('p99 ms'));

/** Holds what Aya did against its goals, and beside HAProxy where that ran. */
export function judge({ measures }: Scenario, runs: readonly Run[], scale: Scale): Verdict[] {
  const own = runs.find(({ proxy }) => proxy === ours);
  const other = runs.find(({ proxy }) => proxy === anchor);
  if (!own) return [];
  return measures.flatMap((measure) => {
    const { digits, goal, margin, words } = measure;
    const value = measure.of(own);
    const verdicts: Verdict[] = [];
    if (goal !== undefined) {
      const holds = Number(value.toFixed(digits)) <= goal;
      verdicts.push({ words: `${words} ${value.toFixed(digits)}, goal ${goal}`, holds });
    }
    if (other && margin && compares(measure, scale)) {
      const theirs = measure.of(other);
      verdicts.push({
        words: `${words} ${value.toFixed(digits)}, ${anchor}'s ${theirs.toFixed(digits)}`,
        holds: value <= theirs * margin.times + margin.plus,
      });
    }
    return verdicts;
  });
}
