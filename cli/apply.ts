import { exit, Failure, misuse } from './failure.ts';
import { applyOne } from './manifest/apply-one.ts';
import { readManifests } from './manifest/documents.ts';
import { apiOptions, apiUsage, filesOption, parseOptions } from './options.ts';
import type { Terminal } from './output/terminal.ts';
import { fail, openSession } from './session.ts';

export const usage = `Usage: aya apply -f FILE|FOLDER|- [-f ...] [--dry-run]

Makes the mesh be as the documents say. What a document said when it was last applied and says no more is removed;
what others set beside it stays. kubectl may apply the same objects: both keep the same record.

Documents are applied in order. One that is refused does not hold back the others; the exit code is then 1.

  -f, --filename NAME  a file, a folder of .yaml, .yml and .json files, or - for standard input
      --dry-run        let the server check everything and store nothing
${apiUsage}`;

export async function run(argv: string[], terminal: Terminal): Promise<number> {
  const parsed = parseOptions(argv, { ...apiOptions, ...filesOption, 'dry-run': { type: 'boolean' } });
  if (parsed instanceof Failure) return fail(terminal, parsed);
  const { values, positionals } = parsed;
  if (positionals.length > 0)
    return fail(terminal, misuse(`"${positionals[0]}" is no option`, 'files are named by -f'));
  const manifests = readManifests(values.filename ?? []);
  if (manifests instanceof Failure) return fail(terminal, manifests);
  const session = await openSession(values);
  if (session instanceof Failure) return fail(terminal, session);

  let code: number = exit.ok;
  const dryRun = values['dry-run'] ?? false;
  for (const manifest of manifests) {
    const applied = await applyOne(session.client, session.kinds, manifest, { namespace: session.namespace, dryRun });
    if (applied instanceof Failure) code = fail(terminal, applied);
    else terminal.out(`${applied.name} ${applied.what}${dryRun ? ' (dry run)' : ''}\n`);
  }
  return code;
}
