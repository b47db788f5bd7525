import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createLog } from '../shared/log/log.ts';
import { plainJson } from '../shared/xds/plain-json.ts';
import { membershipOf, workloadOf } from './assemble/membership.ts';
import { type MeshOptions, parseOptions, type SidecarOptions } from './assemble/options.ts';
import { type SidecarParts, startSidecar } from './assemble/sidecar.ts';
import { bootstrapOf, resolveBootstrap } from './plan/bootstrap.ts';
import { meshBootstrap } from './plan/mesh-bootstrap.ts';
import { ListenerBook } from './worker/listener-book.ts';

/** Runs `aya sidecar`; resolves with the exit code: 0 drained, 1 could not run, 2 bad options or bootstrap. */
export async function runSidecar(argv: readonly string[]): Promise<number> {
  const parsed = parseOptions(argv);
  if ('problems' in parsed) return refuse('aya sidecar', parsed.problems);
  // From the first moment on: without a listener Node takes this signal as a wish to be debugged.
  let reopenLogs = (): void => {};
  process.on('SIGUSR1', () => reopenLogs());
  const { options } = parsed;
  try {
    const parts = options.mesh ? await member(options, options.mesh) : await fromFile(options, options.file);
    const { wrong, unsupported } = parts.bootstrap.findings;
    const problems = [...wrong, ...(options.lenient ? [] : unsupported), ...commandProblems(parts)];
    if (problems.length > 0) return refuse(options.file || 'aya sidecar', problems);
    if (options.validate) {
      process.stdout.write(`${options.file || 'options'}: OK\n`);
      return 0;
    }
    for (const each of unsupported) parts.log.warn({ field: each }, `ignored: ${each}`);
    const sidecar = await startSidecar(parts);
    reopenLogs = sidecar.reopenLogs;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => sidecar.stop());
    return await sidecar.ended;
  } catch (error) {
    return refuse('aya sidecar', [(error as Error).message]);
  }
}

async function fromFile(options: SidecarOptions, file: string): Promise<SidecarParts> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`-c ${file}: ${(error as Error).message}`);
  }
  const json = plainJson(text);
  // YAML, or something to be said about the document: what reads it is not loaded otherwise.
  const bootstrap = json
    ? bootstrapOf(json.value)
    : (await import('./plan/bootstrap-file.ts')).readBootstrap(text, file);
  return {
    bootstrap,
    options,
    log: createLog('aya-sidecar', options.logLevel),
    listeners: new ListenerBook(options.concurrency),
    workload: null,
  };
}

/** The control plane names our listeners' addresses, so they are bound before it is asked. */
async function member(options: SidecarOptions, mesh: MeshOptions): Promise<SidecarParts> {
  const listeners = new ListenerBook(options.concurrency);
  const reserve = async (name: string, { host, port }: { host: string; port: number }) => {
    const bound = await listeners.reserve(name, host, port);
    return { host: bound.address, port: bound.port };
  };
  const outbound = await reserve('outbound', mesh.outbound);
  const inbound = mesh.app ? await reserve('inbound', mesh.inbound) : mesh.inbound;
  return {
    bootstrap: resolveBootstrap(meshBootstrap(membershipOf(mesh, outbound, inbound))),
    options,
    log: createLog('aya-sidecar', options.logLevel),
    listeners,
    workload: workloadOf(mesh, inbound),
  };
}

/** To run programs takes the consent of whoever starts the sidecar, not only of whoever writes the file. */
function commandProblems({ bootstrap, options }: SidecarParts): string[] {
  if (options.allowCommandChecks) return [];
  return bootstrap.clusters
    .filter(({ plan }) => plan.healthCheck?.probe.kind === 'command')
    .map(({ plan }) => `cluster "${plan.name}" checks health by a command: start with --allow-command-checks`);
}

function refuse(what: string, problems: readonly string[]): number {
  for (const each of problems) process.stderr.write(`${what}: ${each}\n`);
  return 2;
}

if (import.meta.main) process.exit(await runSidecar(process.argv.slice(2)));
