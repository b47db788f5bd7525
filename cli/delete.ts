import { displayName, kindOfDocument, pathOf } from './api/discovery.ts';
import { Refusal } from './api/refusal.ts';
import { type Selected, selectionOf } from './api/selection.ts';
import { exit, Failure, misuse } from './failure.ts';
import { readManifests } from './manifest/documents.ts';
import { apiOptions, apiUsage, filesOption, parseOptions } from './options.ts';
import type { Terminal } from './output/terminal.ts';
import { fail, openSession, type Session } from './session.ts';

export const usage = `Usage: aya delete TYPE NAME...
       aya delete TYPE/NAME...
       aya delete -f FILE|FOLDER|-

Deletes resources by name, or those that files describe.

  -f, --filename NAME   a file, a folder of .yaml, .yml and .json files, or - for standard input
      --ignore-not-found  what is not there is no error
${apiUsage}`;

interface Doomed extends Selected {
  readonly name: string;
  readonly namespace: string;
}

export async function run(argv: string[], terminal: Terminal): Promise<number> {
  const parsed = parseOptions(argv, { ...apiOptions, ...filesOption, 'ignore-not-found': { type: 'boolean' } });
  if (parsed instanceof Failure) return fail(terminal, parsed);
  const { values, positionals } = parsed;
  const session = await openSession(values);
  if (session instanceof Failure) return fail(terminal, session);
  const doomed = values.filename ? fromFiles(session, values.filename) : fromWords(session, positionals);
  if (doomed instanceof Failure) return fail(terminal, doomed);

  let code: number = exit.ok;
  for (const { kind, name, namespace } of doomed) {
    const answer = await session.client.delete<unknown>(pathOf(kind, namespace, name));
    if (!(answer instanceof Failure)) terminal.out(`${displayName(kind, name)} deleted\n`);
    else if (!(values['ignore-not-found'] && answer instanceof Refusal && answer.status === 404)) {
      code = fail(terminal, answer);
    }
  }
  return code;
}

function fromWords({ kinds, namespace }: Session, words: readonly string[]): Doomed[] | Failure {
  const selected = selectionOf(kinds, words);
  if (selected instanceof Failure) return selected;
  const doomed = selected.flatMap(({ kind, name }) => (name === undefined ? [] : [{ kind, name, namespace }]));
  return doomed.length === selected.length
    ? doomed
    : misuse('no name given: nothing is deleted', 'name what should go');
}

/** In reverse: what a later document refers to goes after it. */
function fromFiles({ kinds, namespace }: Session, names: readonly string[]): Doomed[] | Failure {
  const manifests = readManifests(names);
  if (manifests instanceof Failure) return manifests;
  const doomed: Doomed[] = [];
  for (const { object } of manifests.reverse()) {
    const kind = kindOfDocument(kinds, object);
    if (kind instanceof Failure) return kind;
    doomed.push({ kind, name: object.metadata.name, namespace: object.metadata.namespace ?? namespace });
  }
  return doomed;
}
