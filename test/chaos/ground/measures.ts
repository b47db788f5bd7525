import { percentile } from '../../bench/percentile.ts';
import type { Sample } from '../../programs/chaos-client.ts';
import type { Measure, Run } from './scenario.ts';

/** Neither answered 2xx, whole, in time, nor excused. */
export const failed = ({ outcome }: Sample, kills: boolean): boolean =>
  outcome !== 'good' && !(kills && outcome === 'truncated');

export const failures = (run: Run): number => run.samples.filter((each) => failed(each, run.kills)).length;

/** Ms that `percent` of the answers took at most; of those that did not come, until they were given up. */
export function latency(samples: readonly Sample[], percent: number): number {
  return percentile(Float64Array.from(samples, (each) => each.took).sort(), percent);
}

const within = (samples: readonly Sample[], from: number, until: number): Sample[] =>
  samples.filter(({ due }) => due >= from && due < until);

/** How many requests failed. A few more than HAProxy's are chance. */
export const failedRequests = (goal?: number): Measure => ({
  words: 'failed',
  digits: 0,
  of: failures,
  ...(goal !== undefined && { goal }),
  margin: { times: 1.1, plus: 3 },
});

/** Share of all requests. */
export const failedPercent = (goal: number): Measure => ({
  words: 'failed %',
  digits: 3,
  of: (run) => (100 * failures(run)) / run.samples.length,
  goal,
  margin: { times: 1, plus: 0.05 },
});

/** From the mark `fault` to the mark `over`. */
export const p99: Measure = {
  words: 'p99 ms',
  digits: 1,
  of: ({ samples, marks }) => latency(within(samples, marks.fault ?? 0, marks.over ?? Number.POSITIVE_INFINITY), 99),
  margin: { times: 1.5, plus: 10 },
};

/** Ms. */
const WINDOW = 500;
/** p99 is back when it is at most twice what it was, or this: whoever meets the backend that stands still takes longer. */
const USUAL = 100;

/**
 * Seconds from the mark `fault` until p99 is what it was, and stays so to the mark `over`. By windows of half a second, which end
 * when the fault came, half a second later, and so on.
 */
export const recovery = (goal: number): Measure => ({
  words: 'p99 back after s',
  digits: 1,
  of({ samples, marks }) {
    const { fault = 0, over = 0 } = marks;
    const bound = Math.max(USUAL, 2 * latency(within(samples, fault - 2 * WINDOW, fault), 99));
    let back = 0;
    for (let from = fault; from + WINDOW <= over; from += WINDOW) {
      if (latency(within(samples, from, from + WINDOW), 99) > bound) back = from + WINDOW - fault;
    }
    return back / 1_000;
  },
  goal,
  margin: { times: 1, plus: 0.5 },
});

/** Seconds from the mark `back` until the last request that failed was due. */
export const backAfter = (goal: number): Measure => ({
  words: 'none fails after s',
  digits: 1,
  of({ kills, marks, samples }) {
    const { back = 0 } = marks;
    const last = samples.reduce((until, each) => (failed(each, kills) ? Math.max(until, each.due) : until), back);
    return (last - back) / 1_000;
  },
  goal,
  margin: { times: 1, plus: 0.5 },
});

/** Of the requests that reached backends, what the first of them got: percent. */
export const shareOfFirst = (goal?: number): Measure => ({
  words: 'share %',
  digits: 1,
  of({ backends }) {
    const all = backends.reduce((sum, { requests }) => sum + requests, 0);
    return (100 * (backends[0]?.requests ?? 0)) / all;
  },
  ...(goal !== undefined && { goal }),
  margin: { times: 1, plus: 1 },
});

/** What reached backends, per request. */
export const attempts = (goal: number): Measure => ({
  words: 'attempts/request',
  digits: 2,
  of: ({ backends, samples }) => backends.reduce((sum, { requests }) => sum + requests, 0) / samples.length,
  goal,
});

/** The same of those that reached any: a proxy that asks nobody any more has no attempts, and no answers. */
export const repetition: Measure = {
  words: 'attempts/tried',
  digits: 2,
  of({ backends }) {
    const ids = backends.flatMap((each) => each.ids);
    return ids.length / new Set(ids).size;
  },
  margin: { times: 1, plus: 0.05 },
};

/** Requests that reached backends, read whole, more than once. */
export const duplicates: Measure = {
  words: 'duplicates',
  digits: 0,
  of({ backends }) {
    const ids = backends.flatMap((each) => each.ids);
    return ids.length - new Set(ids).size;
  },
  goal: 0,
  margin: { times: 1, plus: 0 },
};
