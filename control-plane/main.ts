import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createLog } from '../shared/log/log.ts';
import { systemClock } from '../shared/time/clock.ts';
import { openControlPlane } from './assemble/control-plane.ts';
import { isLoopback, parseOptions, usage } from './assemble/options.ts';

/** Runs a control plane until SIGTERM or SIGINT; resolves to the exit code. A second signal ends the process at once. */
export async function runControlPlane(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv);
  if (!parsed.ok) {
    process.stderr.write(`aya control-plane: ${parsed.message}\n\n${usage}\n`);
    return 2;
  }
  const { options } = parsed;
  const log = createLog('aya-control-plane', options.logLevel);
  // The package root is one folder up from here, and from the bundle alike.
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const stopped = untilSignal();
  const opened = await openControlPlane(options, version, systemClock, log);
  if (!opened.ok) {
    log.error({}, opened.message);
    return 1;
  }
  const { controlPlane } = opened;
  for (const { host } of [options.api, options.xds]) {
    if (!isLoopback(host))
      log.warn({ host }, 'listening where others can reach it, and nobody has to say who they are');
  }
  log.info({ api: controlPlane.api, xds: controlPlane.xds, store: options.file }, 'the control plane is ready');
  const signal = await stopped;
  log.info({ signal }, 'stopping');
  await controlPlane.close();
  return 0;
}

function untilSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve(signal);
      });
    }
  });
}

if (import.meta.main) process.exit(await runControlPlane(process.argv.slice(2)));
