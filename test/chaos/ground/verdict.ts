import type { Measure, Run, Scale, Scenario } from './scenario.ts';

/** One claim about Aya's run of a scenario. */
export interface Verdict {
  /** As it is printed: what is claimed, and what was found. */
  readonly words: string;
  readonly holds: boolean;
}

const isOurs = ({ proxy }: Run): boolean => proxy.startsWith('aya');
const anchor = 'haproxy';

/** Of a few hundred requests the hundredth part is chance: the short form does not compare latencies. */
const compares = ({ words }: Measure, { short }: Scale): boolean => !(short && words.startsWith('p99 ms'));

/** Holds what Aya did against its goals, and beside HAProxy where that ran. */
export function judge({ measures }: Scenario, runs: readonly Run[], scale: Scale): Verdict[] {
  const other = runs.find(({ proxy }) => proxy === anchor);
  return runs.filter(isOurs).flatMap((own) => measures.flatMap((measure) => judgeOne(measure, own, other, scale)));
}

function judgeOne(measure: Measure, own: Run, other: Run | undefined, scale: Scale): Verdict[] {
  const { digits, goal, margin } = measure;
  const words = own.proxy === 'aya' ? measure.words : `${own.proxy}: ${measure.words}`;
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
}
