import { systemClock } from '../shared/time/clock.ts';
import type { ApiClient } from './api/client.ts';
import { pathOf, type ResourceKind } from './api/discovery.ts';
import { fetchSelected, type Scope } from './api/fetch-selected.ts';
import type { ApiObject } from './api/object.ts';
import type { Selected } from './api/selection.ts';
import { exit, Failure, misuse } from './failure.ts';
import { type Format, rowsOf, serialize } from './output/objects.ts';
import { line } from './output/table.ts';
import type { Terminal } from './output/terminal.ts';
import { fail } from './session.ts';

export interface WatchOptions extends Scope {
  readonly format: Format | undefined;
  readonly everywhere: boolean;
}

/** The list, then one row (or one document) for each change, until the server or the user ends it. */
export async function watchSelected(
  client: ApiClient,
  selected: readonly Selected[],
  options: WatchOptions,
  terminal: Terminal,
): Promise<number> {
  const [{ kind, name }, ...more] = selected as [Selected, ...Selected[]];
  if (more.length > 0) return fail(terminal, misuse('--watch follows one type, or one object'));
  const { found, failures, resourceVersion } = await fetchSelected(client, selected, options);
  const [failure] = failures;
  if (failure) return fail(terminal, failure);
  const objects = found.flatMap((each) => each.objects);
  const print = printer(kind, objects, options);
  for (const object of objects) terminal.out(print(object, 'ADDED'));

  const query = {
    resourceVersion,
    labelSelector: options.labelSelector,
    fieldSelector: name === undefined ? undefined : `metadata.name=${name}`,
  };
  for await (const event of client.watch(pathOf(kind, options.namespace), query)) {
    if (event instanceof Failure) return fail(terminal, event);
    if (event.type !== 'BOOKMARK') terminal.out(print(event.object, event.type));
  }
  return exit.ok;
}

/** Rows that come one by one cannot wait for the widest: columns are as wide as the first list made them, and a bit more. */
function printer(
  kind: ResourceKind,
  first: readonly ApiObject[],
  { format, everywhere }: WatchOptions,
): (object: ApiObject, type: string) => string {
  if (format && format !== 'wide') {
    const between = format === 'yaml' ? '---\n' : '';
    return (object) => `${between}${serialize([{ kind, objects: [object], single: true }], format)}`;
  }
  const style = { wide: format === 'wide', namespaces: everywhere, qualified: false };
  const rows = (objects: readonly ApiObject[]): string[][] =>
    rowsOf(kind, objects, { ...style, now: systemClock.wall() });
  const known = rows(first);
  const titles = known[0] ?? [];
  const widths = titles.map((_, at) => Math.max(8, ...known.map((row) => row[at]?.length ?? 0)));
  let head = `${line(titles, widths)}\n`;
  return (object, type) => {
    const row = rows([object])[1] ?? [];
    const text = `${head}${line(type === 'DELETED' ? [...row, '(deleted)'] : row, widths)}\n`;
    head = '';
    return text;
  };
}
