/** Runs several sidecars, one for each bootstrap file, until it is told to end: `node sidecars.ts LAUNCHER FILE...`. */
import { spawn } from 'node:child_process';
import process from 'node:process';

const [launcher = '', ...files] = process.argv.slice(2);
const all = files.map((file) => spawn(launcher, ['sidecar', '-c', file], { stdio: 'inherit' }));
process.once('exit', () => {
  for (const each of all) each.kill('SIGKILL');
});
process.once('SIGTERM', () => process.exit(0));
for (const each of all) each.once('exit', (code) => process.exit(code ?? 1));
