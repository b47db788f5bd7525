import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '../../cli/beside/free-port.ts';
import { dispatch } from '../../cli/dispatch.ts';
import { eventually } from '../support/eventually.ts';

const launcher = path.resolve(import.meta.dirname, '../../bin/aya');
const folder = mkdtempSync(path.join(tmpdir(), 'aya-cli-mesh-'));
const processes: ChildProcess[] = [];
let [server, xds] = ['', ''];

function aya(...argv: string[]): { child: ChildProcess; said: () => string } {
  const child = spawn(launcher, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  processes.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void (text += chunk));
  return { child, said: () => text };
}

async function ask(...argv: string[]): Promise<string> {
  let text = '';
  const terminal = { out: (each: string) => void (text += each), err: (each: string) => void (text += each) };
  await dispatch([...argv, '--server', server], terminal);
  return text;
}

/** Waits until a process has said something; what it said instead is the error. */
const saying = (run: { said: () => string }, pattern: RegExp, ms: number): Promise<true> =>
  eventually(() => {
    if (pattern.test(run.said())) return true;
    throw new Error(`nothing like ${pattern} within ${ms} ms in:\n${run.said()}`);
  }, ms);

const runFlags = (): string[] => ['--control-plane', xds, '--announce-time', '0.2', '--log-level', 'warn'];
const cart = `
  require('node:http').createServer((request, response) => response.end('from ' + process.env.PORT)).listen(process.env.PORT);
  process.on('SIGTERM', () => process.exit(5));
`;
/** Calls the service by its name, knowing nothing but the proxy in its environment, and tells what it got. */
const web = `
  setInterval(async () => {
    try {
      const answer = await fetch('http://cart/');
      console.log(answer.status, await answer.text());
    } catch (error) {
      console.log('failed', error.cause ?? error);
    }
  }, 50);
`;

before(async () => {
  server = `http://127.0.0.1:${await freePort()}`;
  xds = `127.0.0.1:${await freePort()}`;
  aya('control-plane', '--data', folder, '--api', new URL(server).host, '--xds', xds, '--log-level', 'warn');
  await eventually(async () => (await fetch(`${server}/readyz`)).ok, 20_000);
});
after(async () => {
  const ended = processes.map((child) => child.exitCode !== null || child.signalCode !== null || once(child, 'close'));
  for (const child of processes) child.kill('SIGTERM');
  await Promise.all(ended);
  rmSync(folder, { recursive: true });
});

test('programs that know nothing but http_proxy reach each other through their sidecars, and aya status shows both', async () => {
  const first = aya('run', '--service', 'cart', '--port', '0', ...runFlags(), '--', process.execPath, '-e', cart);
  const caller = aya('run', '--service', 'web', ...runFlags(), '--', process.execPath, '-e', web);
  await saying(caller, /^200 from \d+$/m, 30_000);
  const table = await eventually(async () => {
    const text = await ask('status');
    return text.includes('2 connected, 2 with all of the configuration applied') && text;
  }, 10_000);
  assert.match(table, /^cart-\S+ +aya +default\/cart /m);
  assert.match(table, /^web-\S+ +aya +default\/web /m);
  assert.match(await ask('get', 'svc,endpointslices'), /service\/cart [\s\S]*endpointslice\.discovery\.k8s\.io\/cart-/);

  // A second instance takes over while the first drains: nobody who calls notices.
  aya('run', '--service', 'cart', '--port', '0', ...runFlags(), '--', process.execPath, '-e', cart);
  await eventually(() => new Set(caller.said().match(/from \d+/g)).size === 2, 30_000);
  const before = caller.said().length;
  first.child.kill('SIGTERM');
  assert.deepEqual(await once(first.child, 'exit'), [5, null]);
  await eventually(() => (caller.said().slice(before).match(/^200/gm)?.length ?? 0) > 20, 20_000);
  assert.doesNotMatch(caller.said().slice(before), /^(failed|[345]\d\d )/m);
});
