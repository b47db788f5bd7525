import { stringify } from 'yaml';
import { systemClock } from '../shared/time/clock.ts';
import { fetchSelected } from './api/fetch-selected.ts';
import type { ApiObject } from './api/object.ts';
import { selectionOf } from './api/selection.ts';
import { exit, Failure } from './failure.ts';
import { lastApplied } from './manifest/last-applied.ts';
import { apiOptions, apiUsage, parseOptions } from './options.ts';
import { ageSince } from './output/age.ts';
import { conditionsOf } from './output/columns.ts';
import { table } from './output/table.ts';
import type { Terminal } from './output/terminal.ts';
import { fail, openSession } from './session.ts';

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
  terminal.out(objects.map((each) => describe(each, systemClock.wall())).join('\n\n'));
  for (const failure of failures) fail(terminal, failure);
  return failures.length > 0 ? exit.error : exit.ok;
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
