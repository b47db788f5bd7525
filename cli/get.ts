import { systemClock } from '../shared/time/clock.ts';
import { fetchSelected } from './api/fetch-selected.ts';
import { selectionOf } from './api/selection.ts';
import { exit, Failure } from './failure.ts';
import { apiOptions, apiUsage, outputOf, outputOption, parseOptions } from './options.ts';
import { formats, serialize, tables } from './output/objects.ts';
import type { Terminal } from './output/terminal.ts';
import { fail, openSession } from './session.ts';
import { watchSelected } from './watch.ts';

export const usage = `Usage: aya get TYPE[,TYPE...] [NAME...] [OPTIONS]
       aya get TYPE/NAME... [OPTIONS]

Lists resources, or shows some of them. TYPE is a plural, a singular, a short name or "all":
  aya get services            aya get svc,httproutes -A
  aya get tp cart -o yaml     aya get faultpolicies --watch

  -A, --all-namespaces
  -l, --selector SEL   only what carries these labels: app=cart,tier!=test
  -o, --output FORMAT  json, yaml, name, or wide for more columns
  -w, --watch          after the list, print every change as it happens
${apiUsage}`;

export async function run(argv: string[], terminal: Terminal): Promise<number> {
  const parsed = parseOptions(argv, {
    ...apiOptions,
    ...outputOption,
    'all-namespaces': { type: 'boolean', short: 'A' },
    selector: { type: 'string', short: 'l' },
    watch: { type: 'boolean', short: 'w' },
  });
  if (parsed instanceof Failure) return fail(terminal, parsed);
  const { values, positionals } = parsed;
  const format = outputOf(values.output, formats);
  if (format instanceof Failure) return fail(terminal, format);
  const session = await openSession(values);
  if (session instanceof Failure) return fail(terminal, session);
  const selected = selectionOf(session.kinds, positionals);
  if (selected instanceof Failure) return fail(terminal, selected);

  const everywhere = values['all-namespaces'] ?? false;
  const scope = { namespace: everywhere ? undefined : session.namespace, labelSelector: values.selector };
  if (values.watch) {
    return watchSelected(session.client, selected, { ...scope, format, everywhere }, terminal);
  }

  const { found, failures } = await fetchSelected(session.client, selected, scope);
  const empty = found.every(({ objects }) => objects.length === 0);
  if (format && format !== 'wide') terminal.out(serialize(found, format));
  else if (empty && failures.length === 0) {
    const what = selected.map(({ kind }) => kind.plural).join(', ');
    terminal.err(`No ${what} found${everywhere ? '' : ` in namespace ${session.namespace}`}.\n`);
  } else {
    const style = { now: systemClock.wall(), wide: format === 'wide', namespaces: everywhere };
    terminal.out(tables(found, { ...style, qualified: found.length > 1 }));
  }
  for (const failure of failures) fail(terminal, failure);
  return failures.length > 0 ? exit.error : exit.ok;
}
