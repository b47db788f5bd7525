import { stringify } from 'yaml';
import type { ApiObject } from './api/object.ts';
import { exit, Failure, misuse } from './failure.ts';
import { applyOne } from './manifest/apply-one.ts';
import { readManifests } from './manifest/documents.ts';
import { lastApplied } from './manifest/last-applied.ts';
import { apiOptions, apiUsage, filesOption, parseOptions } from './options.ts';
import { lineDiff } from './output/line-diff.ts';
import type { Terminal } from './output/terminal.ts';
import { fail, openSession } from './session.ts';

export const usage = `Usage: aya diff -f FILE|FOLDER|- [-f ...]

Shows what 'aya apply' would change, as the server sees it (its defaults and checks included). Nothing is stored.
Exit code: 0 no difference, 1 differences, 2 or more an error.

  -f, --filename NAME  a file, a folder of .yaml, .yml and .json files, or - for standard input
${apiUsage}`;

/** An error must not look like a difference. */
const errorCode = (failure: Failure): number => failure.code + 1;

export async function run(argv: string[], terminal: Terminal): Promise<number> {
  const stop = (failure: Failure): number => {
    fail(terminal, failure);
    return errorCode(failure);
  };
  const parsed = parseOptions(argv, { ...apiOptions, ...filesOption });
  if (parsed instanceof Failure) return stop(parsed);
  const { values, positionals } = parsed;
  if (positionals.length > 0) return stop(misuse(`"${positionals[0]}" is no option`, 'files are named by -f'));
  const manifests = readManifests(values.filename ?? []);
  if (manifests instanceof Failure) return stop(manifests);
  const session = await openSession(values);
  if (session instanceof Failure) return stop(session);

  let code: number = exit.ok;
  for (const manifest of manifests) {
    const options = { namespace: session.namespace, dryRun: true };
    const applied = await applyOne(session.client, session.kinds, manifest, options);
    if (applied instanceof Failure) {
      code = Math.max(code, stop(applied));
      continue;
    }
    const text = lineDiff(applied.before ? readable(applied.before) : '', readable(applied.after));
    if (text === '') continue;
    terminal.out(`--- ${applied.name} (${applied.before ? 'live' : 'absent'})\n+++ ${applied.name} (${manifest.at})\n`);
    terminal.out(text);
    code = Math.max(code, 1);
  }
  return code;
}

/** The object without what a write changes by itself, and without the record of the last apply. */
function readable(object: ApiObject): string {
  const { resourceVersion: _v, generation: _g, managedFields: _m, uid: _u, ...metadata } = object.metadata;
  const { creationTimestamp: _c, annotations: all, ...rest } = metadata;
  const { [lastApplied]: _l, ...annotations } = all ?? {};
  const { status: _s, ...content } = object;
  return stringify({
    ...content,
    metadata: Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest,
  }).trimEnd();
}
