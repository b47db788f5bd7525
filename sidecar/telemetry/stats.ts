import { Cell, type Distribution, type StatScope, type Stats } from '../core/stats.ts';
import type { Flushable } from '../core/turn.ts';
import { HISTOGRAM_CELLS, Histogram, type Unit } from './histogram.ts';
import { PageAllocator, type Run } from './pages.ts';
import { type SeriesAnnouncement, type SeriesName, type StatsBatch, seriesKey, statName } from './series.ts';

/** How many series one thread may have before further ones fall together under `other`. */
export interface SeriesLimits {
  /** Named by configuration: clusters, listeners, prefixes. */
  readonly named: number;
  /** Made by traffic: label sets and status codes (decision D14). */
  readonly labelled: number;
}

const LIMITS: SeriesLimits = { named: 100_000, labelled: 10_000 };

/**
 * The statistics of one thread (decision D14, refined): the thread numbers its own series, and announces new ones in one
 * batch per turn, so neither a series nor a scrape ever waits for the other side.
 */
export class ThreadStats implements Stats, Flushable {
  readonly #turn: { mark(output: Flushable): void };
  readonly #onNew: (batch: StatsBatch) => void;
  readonly #limits: SeriesLimits;
  readonly #cells = new Map<string, Cell>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #scalars: PageAllocator;
  readonly #runs: PageAllocator;
  #pages: SharedArrayBuffer[] = [];
  #series: SeriesAnnouncement[] = [];
  #pageCount = 0;
  #named = 0;
  #labelled = 0;
  #marked = false;

  /** `turn` calls `flush` once at the end of the current turn; `onNew` carries the batch to main. */
  constructor(
    turn: { mark(output: Flushable): void },
    onNew: (batch: StatsBatch) => void,
    limits: SeriesLimits = LIMITS,
  ) {
    this.#turn = turn;
    this.#onNew = onNew;
    this.#limits = limits;
    const onPage = (page: SharedArrayBuffer): number => {
      this.#pages.push(page);
      this.#pageCount += 1;
      return this.#pageCount - 1;
    };
    this.#scalars = new PageAllocator(onPage);
    this.#runs = new PageAllocator(onPage);
  }

  counter(scope: StatScope, owner: string, name: string): Cell {
    return this.#cell({ kind: 'counter', scope, owner: statName(owner), name, labels: null, unit: 'ms' });
  }

  gauge(scope: StatScope, owner: string, name: string): Cell {
    return this.#cell({ kind: 'gauge', scope, owner: statName(owner), name, labels: null, unit: 'ms' });
  }

  histogram(scope: StatScope, owner: string, name: string): Distribution {
    return this.#distribution({
      kind: 'histogram',
      scope,
      owner: statName(owner),
      name,
      labels: null,
      unit: unitOf(name),
    });
  }

  labelled(name: string, labels: Readonly<Record<string, string>>): Cell {
    return this.#cell({ kind: 'counter', scope: '', owner: '', name, labels, unit: 'ms' });
  }

  labelledHistogram(name: string, labels: Readonly<Record<string, string>>): Distribution {
    return this.#distribution({ kind: 'histogram', scope: '', owner: '', name, labels, unit: unitOf(name) });
  }

  /** Sends what is new. Called by the turn. */
  flush(): void {
    this.#marked = false;
    const batch = { pages: this.#pages, series: this.#series };
    this.#pages = [];
    this.#series = [];
    this.#onNew(batch);
  }

  #cell(series: SeriesName): Cell {
    const known = this.#cells.get(seriesKey(series));
    if (known) return known;
    const admitted = this.#admit(series);
    const key = seriesKey(admitted);
    let cell = this.#cells.get(key);
    if (!cell) {
      const run = this.#scalars.take(1);
      cell = new Cell(run.cells, run.index);
      this.#cells.set(key, cell);
      this.#announce(admitted, run);
    }
    return cell;
  }

  #distribution(series: SeriesName): Histogram {
    const known = this.#histograms.get(seriesKey(series));
    if (known) return known;
    const admitted = this.#admit(series);
    const key = seriesKey(admitted);
    let histogram = this.#histograms.get(key);
    if (!histogram) {
      const run = this.#runs.take(HISTOGRAM_CELLS);
      histogram = new Histogram(run.cells, run.index, admitted.unit);
      this.#histograms.set(key, histogram);
      this.#announce(admitted, run);
    }
    return histogram;
  }

  /** The series itself while there is room, else the one that stands for all further ones. */
  #admit(series: SeriesName): SeriesName {
    if (isOverflow(series)) return series;
    if (series.labels || /_\d{3}$/.test(series.name)) {
      this.#labelled += 1;
      if (this.#labelled <= this.#limits.labelled) return series;
    } else {
      this.#named += 1;
      if (this.#named <= this.#limits.named) return series;
    }
    this.counter('server', '', OVERFLOW).inc();
    if (!series.labels) return { ...series, owner: 'other' };
    return { ...series, labels: Object.fromEntries(Object.keys(series.labels).map((key) => [key, 'other'])) };
  }

  #announce(series: SeriesName, run: Run): void {
    this.#series.push({ ...series, page: run.page, index: run.index });
    if (this.#marked) return;
    this.#marked = true;
    this.#turn.mark(this);
  }
}

/** Counts the series that fell together under `other`. */
const OVERFLOW = 'stat_series_overflow';

const isOverflow = (series: SeriesName): boolean => series.scope === 'server' && series.name === OVERFLOW;

const unitOf = (name: string): Unit => (/_bytes$|_size$/.test(name) ? 'bytes' : 'ms');
