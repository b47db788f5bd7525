import { stringify } from 'yaml';
import type { EndpointHealth } from '../control-plane/registry/endpoint-health.ts';
import { systemClock } from '../shared/time/clock.ts';
import { fetchSelected } from './api/fetch-selected.ts';
import type { ApiObject } from './api/object.ts';
import { selectionOf } from './api/selection.ts';
import { exit, Failure } from './failure.ts';
import { lastApplied } from './manifest/last-applied.ts';
import { apiOptions, apiUsage, parseOptions } from './options.ts';
import { ageSince } from './output/age.ts';
import { avoidedTable } from './output/avoided.ts';
import { conditionsOf } from './output/columns.ts';
import { table } from './output/table.ts';
import type { Terminal } from './output/terminal.ts';
import { fail, openSession, type Session } from './session.ts';
import type { StatusDocument } from './status.ts';

export const usage = `Usage: aya describe TYPE [NAME...]
       aya describe TYPE/NAME...

Shows resources in full: what they ask for, and in which condition that is.

${apiUsage}`;

export async function run(argv: string[], terminal: Terminal): Promise<number> {
  const parsed = parseOptions(argv, apiOptions);
  if (parsed instanceof Failure) return fail(terminal, parsed);
  const session = await openSession(parsed.values);
  if (session instanceof Failure) return fail(terminal, session);
  const selected = selectionOf(session.kinds, parsed.positionals);
  if (selected instanceof Failure) return fail(terminal, selected);
  const { found, failures } = await fetchSelected(session.client, selected, { namespace: session.namespace });
  const objects = found.flatMap((each) => each.objects);
  const services = objects.some((each) => each.kind === 'Service');
  const health = services ? await endpointHealth(session) : [];
  const texts = objects.map((each) => `${describe(each, systemClock.wall())}${avoided(each, health)}`);
  terminal.out(texts.join('\n\n'));
  for (const failure of failures) fail(terminal, failure);
  return failures.length > 0 ? exit.error : exit.ok;
}

/** What sidecars say of endpoints; nothing when the control plane does not tell. */
async function endpointHealth({ client }: Session): Promise<readonly EndpointHealth[]> {
  const status = await client.get<Partial<StatusDocument>>('/aya/v1/status');
  return status instanceof Failure ? [] : (status.endpointHealth ?? []);
}

/** Endpoints of a Service that sidecars avoid; '' when there are none, or it is no Service. */
export function avoided({ kind, metadata }: ApiObject, health: readonly EndpointHealth[]): string {
  const prefix = `${metadata.name}.${metadata.namespace ?? 'default'}:`;
  const own = kind === 'Service' ? health.filter((each) => each.cluster.startsWith(prefix)) : [];
  return own.length === 0 ? '' : `Avoided endpoints:\n${indent(avoidedTable(own))}`;
}

/** One object as a person reads it, at wall-clock time `now`. */
export function describe(object: ApiObject, now: number): string {
  const { apiVersion, kind, metadata, status, ...content } = object;
  const { [lastApplied]: _, ...annotations } = metadata.annotations ?? {};
  const facts: [string, string | undefined][] = [
    ['Name', metadata.name],
    ['Namespace', metadata.namespace],
    ['Kind', `${kind} (${apiVersion})`],
    ['Labels', pairs(metadata.labels)],
    ['Annotations', pairs(annotations)],
    ['Age', `${ageSince(metadata.creationTimestamp, now)} (version ${metadata.resourceVersion ?? 'unknown'})`],
  ];
  const head = facts.filter(([, value]) => value !== undefined).map(([name, value]) => [`${name}:`, value ?? '']);
  const conditions = conditionsOf(object);
  const { conditions: _c, parents: _p, ...counts } = status ?? {};
  return [
    table(head),
    ...Object.entries(content).map(([name, value]) => section(name, value)),
    ...(Object.keys(counts).length > 0 ? [section('status', counts)] : []),
    ...(conditions.length > 0 ? [conditionTable(conditions, now)] : []),
  ].join('');
}

const pairs = (map: Record<string, string> | undefined): string | undefined =>
  map && Object.keys(map).length > 0
    ? Object.entries(map)
        .map(([key, value]) => `${key}=${value}`)
        .join(', ')
    : undefined;

const indent = (text: string): string => text.replace(/^(?=.)/gm, '  ');

function section(name: string, value: unknown): string {
  const title = `${name[0]?.toUpperCase()}${name.slice(1)}:`;
  return typeof value === 'object' && value !== null
    ? `${title}\n${indent(stringify(value, { lineWidth: 0 }))}`
    : `${title} ${value}\n`;
}

function conditionTable(conditions: ReturnType<typeof conditionsOf>, now: number): string {
  const rows = conditions.map((each) => [
    each.type,
    each.status,
    each.reason ?? '',
    ageSince(each.lastTransitionTime, now),
    each.message ?? '',
  ]);
  return `Conditions:\n${indent(table([['TYPE', 'STATUS', 'REASON', 'SINCE', 'MESSAGE'], ...rows]))}`;
}
