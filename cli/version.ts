import process from 'node:process';
import { VERSION } from '../shared/lifecycle/version.ts';
import { exit } from './failure.ts';
import type { Terminal } from './output/terminal.ts';

export const usage = `Usage: aya version

Prints the version of Aya and of the Node.js that runs it.`;

export async function run(_argv: string[], terminal: Terminal): Promise<number> {
  terminal.out(`aya ${VERSION} (Node.js ${process.version})\n`);
  return exit.ok;
}
