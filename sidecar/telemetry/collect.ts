import type { Stats } from '../core/stats.ts';
import { HISTOGRAM_CELLS } from './histogram.ts';
import { type SeriesName, type StatsBatch, seriesKey, statName } from './series.ts';
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

/** A thread's page by number, as its announcements name it. */
type Pages = Float64Array[];

/** One series and where it is kept. Three small arrays instead of an object per thread: there may be very many series. */
class Series {
  readonly is: SeriesName;
  readonly cells: number;
  readonly #threads: number[] = [];
  readonly #pages: Float64Array[] = [];
  readonly #indexes: number[] = [];
  /** What dead threads left, null = nothing. */
  #retired: Float64Array | null = null;

  constructor(is: SeriesName) {
    this.is = { kind: is.kind, scope: is.scope, owner: is.owner, name: is.name, labels: is.labels, unit: is.unit };
    this.cells = is.kind === 'histogram' ? HISTOGRAM_CELLS : 1;
  }

  keptAt(thread: number, page: Float64Array, index: number): void {
    this.#threads.push(thread);
    this.#pages.push(page);
    this.#indexes.push(index);
  }

  retire(thread: number): void {
    const at = this.#threads.indexOf(thread);
    if (at < 0) return;
    if (this.is.kind !== 'gauge') {
      this.#retired ??= new Float64Array(this.cells);
      this.#addTo(this.#retired, at);
    }
    this.#threads.splice(at, 1);
    this.#pages.splice(at, 1);
    this.#indexes.splice(at, 1);
  }

  sum(): Float64Array {
    const sum = this.#retired?.slice() ?? new Float64Array(this.cells);
    for (let at = 0; at < this.#threads.length; at += 1) this.#addTo(sum, at);
    return sum;
  }

  #addTo(sum: Float64Array, at: number): void {
    const page = this.#pages[at] as Float64Array;
    const index = this.#indexes[at] as number;
    for (let cell = 0; cell < this.cells; cell += 1) sum[cell] = (sum[cell] as number) + (page[index + cell] as number);
  }
}

/**
 * Main's view of all statistics: it knows where each thread keeps which series, and adds up when asked. A scrape reads
 * memory and disturbs nobody.
 */
export class StatsCollector {
  /** Main's own statistics. */
  readonly own: Stats;
  readonly #pages = new Map<number, Pages>();
  readonly #series = new Map<string, Series>();
  readonly #refreshers: (() => void)[] = [];
  /** All series in the order of their names; null when new ones have come since. */
  #sorted: Series[] | null = null;

  constructor() {
    this.own = new ThreadStats({ mark: (output) => output.flush() }, (batch) => this.accept(MAIN, batch));
  }

  /** Takes what a thread announced; batches of one thread come in order. A number is free again after `retire`. */
  accept(thread: number, batch: StatsBatch): void {
    const pages = this.#pages.get(thread) ?? [];
    this.#pages.set(thread, pages);
    for (const page of batch.pages) pages.push(new Float64Array(page));
    for (const announced of batch.series) {
      const key = seriesKey(announced);
      let series = this.#series.get(key);
      if (!series) {
        series = new Series(announced);
        this.#series.set(key, series);
        this.#sorted = null;
      }
      const page = pages[announced.page];
      if (!page) throw new RangeError(`statistics page ${announced.page} of thread ${thread} was never announced`);
      series.keptAt(thread, page, announced.index);
    }
  }

  /** A thread is gone: what it counted stays, its gauges (what it had open) do not. */
  retire(thread: number): void {
    for (const series of this.#series.values()) series.retire(thread);
    this.#pages.delete(thread);
  }

  /** Has `refresh` called before each look at the values: for gauges of main that are computed when asked for. */
  beforeScrape(refresh: () => void): void {
    this.#refreshers.push(refresh);
  }

  /** All series with their values now, in the order of their names. */
  samples(): Sample[] {
    for (const refresh of this.#refreshers) refresh();
    this.#sorted ??= [...this.#series.values()].sort((left, right) => compare(left.is, right.is));
    return this.#sorted.map((series) => {
      const sum = series.sum();
      const histogram = series.is.kind === 'histogram';
      return { ...series.is, value: sum[sum.length - 1] as number, buckets: histogram ? sum : null };
    });
  }

  /** The value of one counter or gauge now; 0 when nobody has it. */
  value(kind: 'counter' | 'gauge', scope: SeriesName['scope'], owner: string, name: string): number {
    const series = this.#series.get(seriesKey({ kind, scope, owner: statName(owner), name, labels: null, unit: 'ms' }));
    return series?.sum()[0] ?? 0;
  }
}

function compare(left: SeriesName, right: SeriesName): number {
  const [first, second] = [orderOf(left), orderOf(right)];
  return first < second ? -1 : first > second ? 1 : 0;
}

const orderOf = ({ labels, name, owner, scope }: SeriesName): string =>
  labels ? `~${name} ${Object.values(labels).join(' ')}` : `${scope}.${owner}.${name}`;
