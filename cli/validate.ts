import { contradictions } from '../control-plane/model/contradictions.ts';
import { type AnyObject, apiVersionOf, kindNamed, kinds } from '../control-plane/model/kinds.ts';
import { Problems, problemText } from '../control-plane/model/problem.ts';
import { readObject } from '../control-plane/model/read.ts';
import { missingReferences } from '../control-plane/model/references.ts';
import { keyOf, placeOf, type World } from '../control-plane/model/world.ts';
import { validateBootstrap } from '../sidecar/plan/bootstrap-file.ts';
import { isRecord } from './api/object.ts';
import { exit, Failure } from './failure.ts';
import { type RawDocument, readDocuments, resourcesOf } from './manifest/documents.ts';
import { filesOption, namespaceOf, parseOptions } from './options.ts';
import type { Terminal } from './output/terminal.ts';
import { fail } from './session.ts';

export const usage = `Usage: aya validate -f FILE|FOLDER|- [-f ...]

Checks files without a control plane: resources as the API would, each for itself and against the others in the files; and
sidecar bootstraps (a document with static_resources, dynamic_resources or admin). References to what the files do not hold are
warnings: the mesh may hold it. Exit code 1 when something is wrong.

  -f, --filename NAME  a file, a folder of .yaml, .yml and .json files, or - for standard input
  -n, --namespace NS   the namespace of documents that name none (AYA_NAMESPACE; default "default")`;

/** What is known about one document. */
interface Finding {
  readonly at: string;
  readonly name: string;
  readonly problems: readonly string[];
  /** For checks against the other documents; only a document without problems takes part. */
  readonly object?: AnyObject;
}

export async function run(argv: string[], terminal: Terminal): Promise<number> {
  const parsed = parseOptions(argv, { ...filesOption, namespace: { type: 'string', short: 'n' } });
  if (parsed instanceof Failure) return fail(terminal, parsed);
  const documents = readDocuments(parsed.values.filename ?? []);
  if (documents instanceof Failure) return fail(terminal, documents);
  const namespace = namespaceOf(parsed.values.namespace);
  const findings = documents.flatMap((each) =>
    isBootstrap(each.value) ? [checkBootstrap(each)] : checkResources(each, namespace),
  );
  const world = worldOf(findings);

  let code: number = exit.ok;
  for (const { at, name, problems, object } of findings) {
    const conflicts = object ? contradictions(object, world).map(problemText) : [];
    for (const problem of [...problems, ...conflicts]) {
      terminal.err(`${at}: ${name}: ${problem}\n`);
      code = exit.error;
    }
    const missing = object ? missingReferences(object, world) : [];
    for (const { path, message } of missing)
      terminal.err(`${at}: ${name}: warning: ${path}: ${message} in these files\n`);
    if (problems.length + conflicts.length === 0) terminal.out(`${name} valid\n`);
  }
  return code;
}

function isBootstrap(value: unknown): boolean {
  return (
    isRecord(value) &&
    !('kind' in value) &&
    ['static_resources', 'staticResources', 'dynamic_resources', 'dynamicResources', 'admin'].some(
      (key) => key in value,
    )
  );
}

function checkBootstrap({ value, at }: RawDocument): Finding {
  return { at, name: 'bootstrap', problems: validateBootstrap(JSON.stringify(value), at) };
}

function checkResources(document: RawDocument, namespace: string): Finding[] {
  const { at } = document;
  return resourcesOf(document).map((item) => {
    if (item instanceof Failure) return { at, name: 'document', problems: [item.message] };
    const name = `${item.kind}/${item.metadata.name}`;
    const kind = kindNamed(item.kind);
    if (!kind || apiVersionOf(kind) !== item.apiVersion) {
      const known = kinds.map((each) => `${each.kind} (${apiVersionOf(each)})`).join(', ');
      return { at, name, problems: [`there is no kind ${item.kind} in ${item.apiVersion}; known: ${known}`] };
    }
    const problems = new Problems();
    const { meta, body } = readObject(kind, item, problems);
    if (problems.all.length > 0) return { at, name, problems: problems.all.map(problemText) };
    const metadata = { ...meta, namespace: meta.namespace ?? namespace, creationTimestamp: '' };
    const object = { apiVersion: item.apiVersion, kind: item.kind, metadata, ...body } as AnyObject;
    return { at, name, problems: [], object };
  });
}

function worldOf(findings: readonly Finding[]): World {
  const maps: Record<string, Map<string, AnyObject>> = {};
  for (const place of Object.values(placeOf)) maps[place] = new Map();
  for (const { object } of findings) if (object) maps[placeOf[object.kind]]?.set(keyOf(object), object);
  return maps as unknown as World;
}
