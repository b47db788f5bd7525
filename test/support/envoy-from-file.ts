import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { type Json, temporaryFile } from './bootstrap.ts';
import { eventually } from './eventually.ts';

export interface RunningEnvoy {
  /** Ports by the names of listeners. */
  readonly ports: Readonly<Record<string, number>>;
  /** HOST:PORT of its admin interface. */
  readonly admin: string;
}

interface ListenerStatus {
  readonly name: string;
  readonly local_address: { readonly socket_address: { readonly port_value: number } };
}

/** Starts `envoy` (see `findEnvoy`) from a bootstrap document; it is killed at the end of the test. */
export async function startEnvoy(t: TestContext, envoy: string, document: Json): Promise<RunningEnvoy> {
  const { file, folder, remove } = temporaryFile('envoy.json', JSON.stringify(document));
  const admin = path.join(folder, 'admin');
  const flags = [
    '--admin-address-path',
    admin,
    '--concurrency',
    '1',
    '--use-dynamic-base-id',
    '--file-flush-interval-msec',
    '100',
    '-l',
    'error',
  ];
  const child: ChildProcess = spawn(envoy, ['-c', file, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  t.after(() => {
    child.kill('SIGKILL');
    remove();
  });
  return eventually(async () => {
    if (child.exitCode !== null) throw new Error(`Envoy ended with ${child.exitCode}:\n${said}`);
    const address = readFileSync(admin, 'utf8').trim();
    const ready = await fetch(`http://${address}/ready`);
    const listeners = await (await fetch(`http://${address}/listeners?format=json`)).json();
    const { listener_statuses: all = [] } = listeners as { listener_statuses?: ListenerStatus[] };
    const ports = all.map(({ local_address, name }) => [name, local_address.socket_address.port_value] as const);
    return ready.status === 200 && ports.length > 0 ? { ports: Object.fromEntries(ports), admin: address } : undefined;
  }, 15_000);
}
