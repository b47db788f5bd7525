import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** gRPC's C core is had by its Python module, for Debian's own Python. */
const python = '/usr/bin/python3';

const program = (name: string): string => new URL(`../programs/${name}`, import.meta.url).pathname;

/** Why there is none here; false when there is one. */
export function withoutGrpcCore(): string | false {
  const found = spawnSync(python, ['-c', 'import grpc']).status === 0;
  return found ? false : 'python3-grpcio is not installed (Debian: python3-grpcio)';
}

/**
 * The service of grpc-test-service.ts by the C core, in a process of its own. It does not count calls that were given up: grpc-js
 * ends a request before it resets the stream, and its handlers see no more than the end.
 */
export async function startGrpcCoreServer() {
  const child = spawn(python, [program('grpc-core-server.py')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const [port] = (await once(lines, 'line')) as [string];
  return { port: Number(port), cancelled: null, stop: () => void child.kill('SIGKILL') };
}

/** Runs all interop cases by a client of the C core: what went wrong by the name of the case, '' for nothing. */
export async function runGrpcCoreCases(outbound: number, authority: string): Promise<ReadonlyMap<string, string>> {
  const args = [program('grpc-core-cases.py'), `127.0.0.1:${outbound}`, authority];
  const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, text);
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { case: string; error?: string });
  return new Map(lines.map((line) => [line.case, line.error ?? '']));
}
