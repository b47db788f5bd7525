import { readFileSync } from 'node:fs';
import process from 'node:process';
import { exit } from './failure.ts';
import type { Terminal } from './output/terminal.ts';

export const usage = `Usage: aya version

Prints the version of Aya and of the Node.js that runs it.`;

export async function run(_argv: string[], terminal: Terminal): Promise<number> {
  // The package root is one folder up from here, and from the bundle alike.
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  terminal.out(`aya ${version} (Node.js ${process.version})\n`);
  return exit.ok;
}
