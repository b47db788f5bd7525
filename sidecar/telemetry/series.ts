import type { StatScope } from '../core/stats.ts';
import type { Unit } from './histogram.ts';

/** What a series is, without its value. Plain data: it crosses from the workers to main. */
export interface SeriesName {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** '' for a series that is known by labels. */
  readonly scope: StatScope | '';
  /** Cluster, HTTP prefix or listener; '' where the scope has none. */
  readonly owner: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly unit: Unit;
}

/** A new series of one thread: `index` is its first cell in that thread's page number `page`. */
export interface SeriesAnnouncement extends SeriesName {
  readonly page: number;
  readonly index: number;
}

/** All that is new since the last batch. `pages` continue the thread's list. */
export interface StatsBatch {
  readonly pages: readonly SharedArrayBuffer[];
  readonly series: readonly SeriesAnnouncement[];
}

/** Equal for equal series, whichever thread they come from. Off the request path. */
export function seriesKey(series: SeriesName): string {
  const { labels } = series;
  if (!labels) return `${series.kind}\n${series.scope}\n${series.owner}\n${series.name}`;
  const pairs = Object.keys(labels)
    .sort()
    .map((key) => `${key}\n${labels[key]}`);
  return `${series.kind}\n\n${series.name}\n${pairs.join('\n')}`;
}

/** Envoy writes the ':' of names as '_', so that the dotted name can be read back. */
export function statName(owner: string): string {
  return owner.replaceAll(':', '_');
}
