import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { LineCounter, parseAllDocuments } from 'yaml';
import { type ApiObject, isRecord } from '../api/object.ts';
import { Failure, misuse } from '../failure.ts';

/** One resource from a file, and where it stands, for messages. */
export interface ManifestDocument {
  readonly object: ApiObject;
  /** `policy.yaml:12` */
  readonly at: string;
}

/** One parsed document of any shape, before anybody asked whether it is a resource. */
export interface RawDocument {
  readonly value: unknown;
  readonly at: string;
}

const extensions = ['.yaml', '.yml', '.json'];

/** All documents of files, folders (their YAML and JSON files, by name) and `-` (standard input), in order. */
export function readDocuments(names: readonly string[]): RawDocument[] | Failure {
  if (names.length === 0) return misuse('no file named', 'use -f FILE, -f FOLDER or -f -');
  const documents: RawDocument[] = [];
  for (const name of names) {
    const files = filesOf(name);
    if (files instanceof Failure) return files;
    for (const file of files) {
      const found = parse(file);
      if (found instanceof Failure) return found;
      documents.push(...found);
    }
  }
  return documents.length > 0 ? documents : new Failure(`no documents in ${names.join(', ')}`);
}

/** All resources of `names`. */
export function readManifests(names: readonly string[]): ManifestDocument[] | Failure {
  const documents = readDocuments(names);
  if (documents instanceof Failure) return documents;
  const manifests: ManifestDocument[] = [];
  for (const document of documents) {
    for (const object of resourcesOf(document)) {
      if (object instanceof Failure) return new Failure(`${document.at}: ${object.message}`);
      manifests.push({ object, at: document.at });
    }
  }
  return manifests;
}

/** The resources of one document: itself, or the items of a `List`; a failure for each that cannot be one. */
export function resourcesOf({ value }: RawDocument): (ApiObject | Failure)[] {
  const isList = isRecord(value) && String(value.kind).endsWith('List') && Array.isArray(value.items);
  const items = isList ? (value.items as unknown[]) : [value];
  return items.map((item) => {
    const problem = shapeProblem(item);
    return problem === undefined ? (item as ApiObject) : new Failure(problem);
  });
}

function shapeProblem(item: unknown): string | undefined {
  if (!isRecord(item)) return 'this document is no resource: it is no mapping';
  if (typeof item.apiVersion !== 'string') return 'apiVersion: missing (for example aya.dev/v1alpha1)';
  if (typeof item.kind !== 'string') return 'kind: missing (for example TrafficPolicy)';
  if (!isRecord(item.metadata) || typeof item.metadata.name !== 'string') return 'metadata.name: missing';
  return undefined;
}

function filesOf(name: string): string[] | Failure {
  if (name === '-') return [name];
  const found = statSync(name, { throwIfNoEntry: false });
  if (!found) return new Failure(`${name}: there is no such file or folder`);
  if (!found.isDirectory()) return [name];
  const files = readdirSync(name)
    .filter((each) => extensions.includes(path.extname(each)))
    .sort();
  return files.length > 0
    ? files.map((each) => path.join(name, each))
    : new Failure(`${name}: no ${extensions.join(', ')} files in this folder`);
}

function parse(file: string): RawDocument[] | Failure {
  const label = file === '-' ? 'standard input' : file;
  let text: string;
  try {
    text = readFileSync(file === '-' ? process.stdin.fd : file, 'utf8');
  } catch (error) {
    return new Failure(`${label}: ${error instanceof Error ? error.message : error}`);
  }
  const lines = new LineCounter();
  const documents: RawDocument[] = [];
  for (const document of parseAllDocuments(text, { lineCounter: lines })) {
    const [problem] = document.errors;
    if (problem) {
      return new Failure(`${label}:${lines.linePos(problem.pos[0]).line}: ${problem.message.split(/ at line |\n/)[0]}`);
    }
    const value: unknown = document.toJS();
    if (value === null || value === undefined) continue;
    documents.push({ value, at: `${label}:${lines.linePos(document.contents?.range?.[0] ?? 0).line}` });
  }
  return documents;
}
