import type { Sample } from './collect.ts';
import { countOf, LOWEST } from './histogram.ts';
import { countBelow } from './render.ts';

/** Bucket bounds of an exported histogram: 2^2 to 2^22 times the lowest, each a power of two, so counts are exact. */
const [FIRST_BOUND, LAST_BOUND] = [2, 22];

interface Metric {
  readonly name: string;
  readonly labels: string;
}

/** Content type of `renderPrometheus`. */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Prometheus' text format 0.0.4. Envoy's series carry the prefix `envoy_` and the tags that Envoy extracts
 * (envoy_cluster_name, envoy_response_code, ...); series known by labels are written as they are.
 */
export function renderPrometheus(samples: readonly Sample[]): string {
  const families = new Map<string, { kind: Sample['kind']; lines: string[] }>();
  for (const sample of samples) {
    const { name, labels } = metricOf(sample);
    let family = families.get(name);
    if (!family) {
      family = { kind: sample.kind, lines: [] };
      families.set(name, family);
    }
    if (family.kind === sample.kind) addLines(family.lines, name, labels, sample);
  }
  let text = '';
  for (const [name, { kind, lines }] of families) text += `# TYPE ${name} ${kind}\n${lines.join('\n')}\n`;
  return text;
}

function addLines(lines: string[], name: string, labels: string, sample: Sample): void {
  const { buckets, unit, value } = sample;
  const wrapped = labels === '' ? '' : `{${labels}}`;
  if (!buckets) {
    lines.push(`${name}${wrapped} ${value}`);
    return;
  }
  const before = labels === '' ? '' : `${labels},`;
  for (let power = FIRST_BOUND; power <= LAST_BOUND; power += 1) {
    lines.push(`${name}_bucket{${before}le="${2 ** (LOWEST[unit] + power)}"} ${countBelow(buckets, 1 + 4 * power)}`);
  }
  const count = countOf(buckets);
  lines.push(`${name}_bucket{${before}le="+Inf"} ${count}`);
  lines.push(`${name}_sum${wrapped} ${value}`, `${name}_count${wrapped} ${count}`);
}

const OWNER_LABEL: Readonly<Record<string, string>> = {
  cluster: 'envoy_cluster_name',
  http: 'envoy_http_conn_manager_prefix',
  tcp: 'envoy_tcp_prefix',
  listener: 'envoy_listener_address',
};

function metricOf(sample: Sample): Metric {
  const { labels, name, owner, scope } = sample;
  if (labels) return { name: clean(name), labels: labelText(Object.entries(labels)) };
  const pairs: [string, string][] = [];
  let stem = name;
  const code = /^(.*_rq)_(\d{3}|\dxx)$/.exec(name);
  if (code) {
    const [, start = '', status = ''] = code;
    stem = status.endsWith('xx') ? `${start}_xx` : start;
    if (status.endsWith('xx')) pairs.push(['envoy_response_code_class', status.slice(0, 1)]);
    else pairs.push(['envoy_response_code', status]);
  }
  if (owner !== '') pairs.push([OWNER_LABEL[scope] ?? `envoy_${scope}_name`, owner]);
  return { name: clean(`envoy_${scope}_${stem}`), labels: labelText(pairs) };
}

/** A metric name may hold letters, digits, '_' and ':'. */
const clean = (name: string): string => name.replace(/[^a-zA-Z0-9_:]/g, '_');

const labelText = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.map(([key, value]) => `${clean(key)}="${quote(value)}"`).join(',');

const quote = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
