import { parseDocument } from '../../shared/xds/document.ts';
import { type BootstrapResult, bootstrapOf, resolveBootstrap } from './bootstrap.ts';
import { allOf } from './place.ts';

/** Reads a bootstrap in YAML or JSON. `name` is the file's, for syntax errors. */
export function readBootstrap(text: string, name: string): BootstrapResult {
  const parsed = parseDocument(text, name);
  if (parsed.problem === undefined) return bootstrapOf(parsed.value);
  return resolveBootstrap({}, { wrong: [parsed.problem], unsupported: [] });
}

/** Every problem of a bootstrap, each beginning with the path of its field; empty when it can be run. */
export function validateBootstrap(text: string, name: string): string[] {
  return allOf(readBootstrap(text, name).findings);
}
