import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('./corpus', import.meta.url));

/** The kept inputs of a target: one JSON string a line, so that a change can be reviewed. */
export function readCorpus(target: string): string[] {
  const file = path.join(folder, `${target}.jsonl`);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as string);
}

/** Replaces the kept inputs of a target, in a fixed order. */
export function writeCorpus(target: string, inputs: Iterable<string>): void {
  const lines = [...new Set(inputs)].map((input) => JSON.stringify(input)).sort();
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${target}.jsonl`), lines.map((line) => `${line}\n`).join(''));
}
