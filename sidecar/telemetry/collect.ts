import type { Stats } from '../core/stats.ts';
import { HISTOGRAM_CELLS } from './histogram.ts';
import { type SeriesName, type StatsBatch, seriesKey } from './series.ts';
import { ThreadStats } from './stats.ts';

/** One series with its value, summed over all threads. */
export interface Sample extends SeriesName {
  /** Counters and gauges; for a histogram the sum of all values. */
  readonly value: number;
  /** HISTOGRAM_CELLS cells for a histogram, else null. */
  readonly buckets: Float64Array | null;
}

/** Main's own thread in the table of threads. */
const MAIN = -1;

class Series {
  readonly is: SeriesName;
  readonly cells: number;
  /** Where each living thread keeps it. */
  readonly sources = new Map<number, Float64Array>();
  /** What dead threads left. */
  readonly retired: Float64Array;

  constructor(is: SeriesName) {
    this.is = { kind: is.kind, scope: is.scope, owner: is.owner, name: is.name, labels: is.labels, unit: is.unit };
    this.cells = is.kind === 'histogram' ? HISTOGRAM_CELLS : 1;
    this.retired = new Float64Array(this.cells);
  }

  sum(): Float64Array {
    const sum = this.retired.slice();
    for (const source of this.sources.values()) {
      for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] as number) + (source[at] as number);
    }
    return sum;
  }
}

/**
 * Main's view of all statistics: it knows where each thread keeps which series, and adds up when asked. A scrape reads
 * memory and disturbs nobody.
 */
export class StatsCollector {
  /** Main's own statistics. */
  readonly own: Stats;
  readonly #pages = new Map<number, SharedArrayBuffer[]>();
  readonly #series = new Map<string, Series>();
  readonly #refreshers: (() => void)[] = [];

  constructor() {
    this.own = new ThreadStats({ mark: (output) => output.flush() }, (batch) => this.accept(MAIN, batch));
  }

  /** Takes what a thread announced; batches of one thread come in order. */
  accept(thread: number, batch: StatsBatch): void {
    const pages = this.#pages.get(thread) ?? [];
    this.#pages.set(thread, pages);
    pages.push(...batch.pages);
    for (const announced of batch.series) {
      const key = seriesKey(announced);
      const series = this.#series.get(key) ?? new Series(announced);
      this.#series.set(key, series);
      const page = pages[announced.page];
      if (!page) throw new RangeError(`statistics page ${announced.page} of thread ${thread} was never announced`);
      series.sources.set(thread, new Float64Array(page, 8 * announced.index, series.cells));
    }
  }

  /** A thread is gone: what it counted stays, its gauges (what it had open) do not. */
  retire(thread: number): void {
    for (const series of this.#series.values()) {
      const source = series.sources.get(thread);
      if (!source) continue;
      series.sources.delete(thread);
      if (series.is.kind === 'gauge') continue;
      for (let at = 0; at < series.cells; at += 1) {
        series.retired[at] = (series.retired[at] as number) + (source[at] as number);
      }
    }
    this.#pages.delete(thread);
  }

  /** Has `refresh` called before each look at the values: for gauges of main that are computed when asked for. */
  beforeScrape(refresh: () => void): void {
    this.#refreshers.push(refresh);
  }

  /** All series with their values now, in the order of their names. */
  samples(): Sample[] {
    for (const refresh of this.#refreshers) refresh();
    return [...this.#series.keys()].sort(byName(this.#series)).map((key) => {
      const series = this.#series.get(key) as Series;
      const sum = series.sum();
      const histogram = series.is.kind === 'histogram';
      return { ...series.is, value: sum[sum.length - 1] as number, buckets: histogram ? sum : null };
    });
  }

  /** The value of one counter or gauge now; 0 when nobody has it. */
  value(kind: 'counter' | 'gauge', scope: SeriesName['scope'], owner: string, name: string): number {
    const series = this.#series.get(seriesKey({ kind, scope, owner, name, labels: null, unit: 'ms' }));
    return series?.sum()[0] ?? 0;
  }
}

const byName =
  (all: ReadonlyMap<string, Series>) =>
  (left: string, right: string): number => {
    const [a, b] = [all.get(left)?.is as SeriesName, all.get(right)?.is as SeriesName];
    const [first, second] = [`${a.scope}.${a.owner}.${a.name}`, `${b.scope}.${b.owner}.${b.name}`];
    if (first !== second) return first < second ? -1 : 1;
    return left < right ? -1 : 1;
  };
