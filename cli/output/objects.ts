import { stringify } from 'yaml';
import { displayName, type ResourceKind } from '../api/discovery.ts';
import type { ApiObject } from '../api/object.ts';
import { ageSince } from './age.ts';
import { columnsOf } from './columns.ts';
import { table } from './table.ts';

export const formats = ['json', 'yaml', 'name', 'wide'] as const;
export type Format = (typeof formats)[number];

/** Objects of one kind, and how they were asked for. */
export interface Found {
  readonly kind: ResourceKind;
  readonly objects: readonly ApiObject[];
  /** Asked for by name: alone, it is printed bare and not as a list. */
  readonly single: boolean;
}

export interface TableStyle {
  /** Wall-clock milliseconds, for ages. */
  readonly now: number;
  readonly wide: boolean;
  /** With a NAMESPACE column. */
  readonly namespaces: boolean;
  /** Names with their kind in front, since kinds are mixed. */
  readonly qualified: boolean;
}

/** For programs: `json` and `yaml` print one object bare, several as a `List`; `name` prints one name a line. */
export function serialize(found: readonly Found[], format: 'json' | 'yaml' | 'name'): string {
  if (format === 'name') {
    return found
      .flatMap(({ kind, objects }) => objects.map((each) => `${displayName(kind, each.metadata.name)}\n`))
      .join('');
  }
  const items = found.flatMap(({ objects }) => objects);
  const [only] = items;
  const single = items.length === 1 && found.every((each) => each.single);
  const value = single ? only : { apiVersion: 'v1', kind: 'List', metadata: {}, items };
  return format === 'json' ? `${JSON.stringify(value, null, 2)}\n` : stringify(value, { lineWidth: 0 });
}

/** Head and rows of one kind. */
export function rowsOf(kind: ResourceKind, objects: readonly ApiObject[], style: TableStyle): string[][] {
  const { titles, cells } = columnsOf(kind.kind, style.wide);
  const scope = (cell: string): string[] => (style.namespaces ? [cell] : []);
  return [
    [...scope('NAMESPACE'), 'NAME', ...titles, 'AGE'],
    ...objects.map((object) => [
      ...scope(object.metadata.namespace ?? ''),
      style.qualified ? displayName(kind, object.metadata.name) : object.metadata.name,
      ...cells(object),
      ageSince(object.metadata.creationTimestamp, style.now),
    ]),
  ];
}

/** For people: one table for each kind of which there is something. */
export function tables(found: readonly Found[], style: TableStyle): string {
  return found
    .filter(({ objects }) => objects.length > 0)
    .map(({ kind, objects }) => table(rowsOf(kind, objects, style)))
    .join('\n');
}
