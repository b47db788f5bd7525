import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { leased } from '../../control-plane/model/fault-policy.ts';
import { type AnyObject, apiVersionOf, kindNamed } from '../../control-plane/model/kinds.ts';
import { newMeta } from '../../control-plane/model/object.ts';
import { Problems, problemText } from '../../control-plane/model/problem.ts';
import { readObject } from '../../control-plane/model/read.ts';
import { keyOf, placeOf, type World } from '../../control-plane/model/world.ts';

/** The moment at which objects of a test world are accepted: a wall-clock time in ms. */
export const accepted = Date.parse('2026-01-01T00:00:00Z');

/** The world of a YAML file, as if its objects had been accepted one second after another. */
export function readWorld(file: string): World {
  const documents = parseAllDocuments(readFileSync(file, 'utf8')).map((each) => each.toJS() as { kind: string });
  return worldOf(documents);
}

export function worldOf(documents: readonly { kind: string }[]): World {
  const maps: Record<string, Map<string, AnyObject>> = {};
  for (const place of Object.values(placeOf)) maps[place] = new Map();
  for (const [index, document] of documents.entries()) {
    const object = admitted(document, accepted + index * 1000);
    maps[placeOf[object.kind]]?.set(keyOf(object), object);
  }
  return maps as unknown as World;
}

function admitted(document: { kind: string }, wall: number): AnyObject {
  const kind = kindNamed(document.kind);
  if (!kind) throw new Error(`no kind ${document.kind}`);
  const problems = new Problems();
  const { meta, body } = readObject(kind, document, problems);
  if (problems.all.length > 0) throw new Error(problems.all.map(problemText).join('\n'));
  const metadata = newMeta({ ...meta, name: meta.name ?? '', namespace: meta.namespace ?? 'default' }, wall);
  const object = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata, ...body } as AnyObject;
  if (object.kind === 'FaultPolicy') object.status = leased(object, wall);
  return object;
}
