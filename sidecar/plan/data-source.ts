import { readFileSync, statSync } from 'node:fs';
import type { DataSource } from '../../shared/xds/messages.gen.ts';
import type { Place } from './place.ts';

/** More is no certificate, whatever it is. */
const MAX_FILE = 1024 * 1024;

/** The text of a source, one character per byte; undefined when it cannot be had. Files that are read go to `files`. */
export function sourceText(source: DataSource | undefined, files: string[], place: Place): string | undefined {
  if (source?.environment_variable !== undefined) {
    place.at('environment_variable').refuse('use filename, inline_string or inline_bytes');
    return undefined;
  }
  if (source?.filename !== undefined) return fileText(source.filename, files, place.at('filename'));
  const text = source?.inline_string ?? source?.inline_bytes?.toString('latin1') ?? '';
  if (text !== '') return text;
  place.wrong('is required');
  return undefined;
}

function fileText(name: string, files: string[], place: Place): string | undefined {
  files.push(name);
  try {
    const { size } = checked(name);
    if (size <= MAX_FILE) return readFileSync(name, 'latin1');
    place.wrong(`"${name}" has ${size} bytes, at most ${MAX_FILE} are read`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    place.wrong(`cannot read "${name}": ${code ?? message}`);
  }
  return undefined;
}

/** A pipe or a device could keep us for ever. */
function checked(name: string): { readonly size: number } {
  const found = statSync(name);
  if (!found.isFile()) throw new Error('it is no file');
  return found;
}
