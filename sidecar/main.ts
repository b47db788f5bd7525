import { readFileSync } from 'node:fs';
import process from 'node:process';
import { VERSION } from '../shared/lifecycle/version.ts';
import { createLog } from '../shared/log/log.ts';
import { parseOptions } from './assemble/options.ts';
import { startSidecar } from './assemble/sidecar.ts';
import { readBootstrap } from './plan/bootstrap.ts';

/** Runs `aya sidecar`; resolves with the exit code: 0 drained, 1 could not run, 2 bad options or bootstrap. */
export async function runSidecar(argv: readonly string[]): Promise<number> {
  const parsed = parseOptions(argv);
  if ('problems' in parsed) return refuse('aya sidecar', parsed.problems);
  const { options } = parsed;
  let text: string;
  try {
    text = readFileSync(options.file, 'utf8');
  } catch (error) {
    return refuse('aya sidecar', [`-c ${options.file}: ${(error as Error).message}`]);
  }
  const bootstrap = readBootstrap(text, options.file);
  const { wrong, unsupported } = bootstrap.findings;
  const problems = options.lenient ? wrong : [...wrong, ...unsupported];
  if (problems.length > 0) return refuse(options.file, problems);
  if (options.validate) {
    process.stdout.write(`${options.file}: OK\n`);
    return 0;
  }
  const log = createLog('aya-sidecar', options.logLevel);
  for (const each of unsupported) log.warn({ field: each }, `ignored: ${each}`);
  try {
    const sidecar = await startSidecar(bootstrap, options, VERSION, log);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => sidecar.stop());
    return await sidecar.ended;
  } catch (error) {
    return refuse('aya sidecar', [(error as Error).message]);
  }
}

function refuse(what: string, problems: readonly string[]): number {
  for (const each of problems) process.stderr.write(`${what}: ${each}\n`);
  return 2;
}

if (import.meta.main) process.exit(await runSidecar(process.argv.slice(2)));
