import type { Sample } from './collect.ts';
import { BUCKETS, countOf, quantile } from './histogram.ts';

/** The quantiles that Envoy prints. */
const QUANTILES = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 1];

export interface StatsQuery {
  /** Only series whose dotted name matches somewhere. */
  readonly filter: RegExp | null;
  /** Only series that were ever counted in. */
  readonly usedOnly: boolean;
}

/** `cluster.cart.upstream_rq_total`, or `istio_requests_total{reporter="source"}` for a series known by labels. */
function dottedName(sample: Sample): string {
  const { labels, name, owner, scope } = sample;
  if (labels) {
    const pairs = Object.keys(labels).map((key) => `${key}=${JSON.stringify(labels[key])}`);
    return `${name}{${pairs.join(',')}}`;
  }
  return owner === '' ? `${scope}.${name}` : `${scope}.${owner}.${name}`;
}

/** The samples that a query asks for. */
export function select(samples: readonly Sample[], query: StatsQuery): Sample[] {
  return samples.filter((sample) => {
    if (query.usedOnly && sample.value === 0 && !(sample.buckets && countOf(sample.buckets) > 0)) return false;
    return query.filter === null || query.filter.test(dottedName(sample));
  });
}

/** Envoy's `/stats`: counters and gauges by name, then histograms. */
export function renderText(samples: readonly Sample[]): string {
  const lines: string[] = [];
  for (const sample of samples) if (!sample.buckets) lines.push(`${dottedName(sample)}: ${sample.value}`);
  for (const sample of samples) if (sample.buckets) lines.push(`${dottedName(sample)}: ${quantileText(sample)}`);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** `P0(nan,1) P25(nan,1.5) ...`: Envoy prints (last interval, since start); no interval is kept here. */
function quantileText(sample: Sample): string {
  const cells = sample.buckets as Float64Array;
  if (countOf(cells) === 0) return 'No recorded values';
  return QUANTILES.map((share) => `P${share * 100}(nan,${short(quantile(cells, sample.unit, share))})`).join(' ');
}

/** Envoy's `/stats?format=json`. */
export function renderJson(samples: readonly Sample[]): string {
  const stats: unknown[] = samples
    .filter((sample) => !sample.buckets)
    .map((sample) => ({ name: dottedName(sample), value: sample.value }));
  const histograms = samples.filter((sample) => sample.buckets);
  if (histograms.length > 0) {
    stats.push({
      histograms: {
        supported_quantiles: QUANTILES.map((share) => share * 100),
        computed_quantiles: histograms.map((sample) => ({
          name: dottedName(sample),
          values: QUANTILES.map((share) => ({
            interval: null,
            cumulative: finite(quantile(sample.buckets as Float64Array, sample.unit, share)),
          })),
        })),
      },
    });
  }
  return JSON.stringify({ stats });
}

const finite = (value: number): number | null => (Number.isNaN(value) ? null : Number(short(value)));

/** Four significant digits are more than the buckets know. */
const short = (value: number): string => String(Number(value.toPrecision(4)));

/** How many values lie in the buckets below number `bucket`. */
export function countBelow(cells: Float64Array, bucket: number): number {
  let count = 0;
  for (let at = 0; at < bucket && at < BUCKETS; at += 1) count += cells[at] as number;
  return count;
}
