import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';

const standIn = path.resolve(import.meta.dirname, '../programs/run-beside-stand-in.ts');

/** A program that shows its environment, serves until SIGTERM, and then ends with code 5. */
const program = `
  const names = ['http_proxy', 'HTTP_PROXY', 'no_proxy', 'NODE_USE_ENV_PROXY', 'AYA_OUTBOUND', 'PORT'];
  const timer = setInterval(() => {}, 1000);
  process.on('SIGHUP', () => console.error('program reloads'));
  process.on('SIGTERM', () => { console.error('program ends'); process.exit(5); });
  // Whoever sees this line may send signals.
  console.error('program ' + JSON.stringify(names.map((name) => process.env[name])));
`;

interface Run {
  readonly child: ChildProcess;
  said(): string[];
  ended(): Promise<number>;
}

function ayaRun(flags: string[], code: string, env: Record<string, string> = {}): Run {
  const args = [standIn, 'run', '--service', 'cart', ...flags, '--', process.execPath, '-e', code];
  const full = { PATH: process.env.PATH, no_proxy: 'example.com', ...env };
  const child = spawn(process.execPath, args, { env: full, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  const ended = once(child, 'close').then(([status]) => status as number);
  return { child, said: () => text.split('\n').filter(Boolean), ended: () => ended };
}

const line = (run: Run, start: string): string | undefined => run.said().find((each) => each.startsWith(start));

test('the sidecar is ready before the program starts, with the proxy in its environment', async () => {
  const run = ayaRun(['--port', '8080', '--locality', 'eu/a'], `${program} process.exit(0)`);
  assert.equal(await run.ended(), 0);
  const said = run.said();
  assert.match(said[0] ?? '', /--service cart --locality eu\/a --app 127\.0\.0\.1:8080 as/);
  assert.ok(said.indexOf('sidecar ready') < said.findIndex((each) => each.startsWith('program')));
  const outbound = '127.0.0.1:41001';
  assert.deepEqual(JSON.parse((line(run, 'program') ?? '').slice('program '.length)), [
    `http://${outbound}`,
    `http://${outbound}`,
    'example.com,localhost,127.0.0.1,::1',
    '1',
    outbound,
    '8080',
  ]);
  assert.equal(said.at(-1), 'sidecar ended');
});

test('the launcher starts the sidecar where it started us, and the program does not hear of it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'aya-run-'));
  try {
    const launcher = path.join(folder, 'aya');
    writeFileSync(launcher, `#!/bin/sh\necho launched >&2\nexec ${process.execPath} ${standIn} "$@"\n`, {
      mode: 0o755,
    });
    const code = "console.error('program of ' + process.env.AYA_LAUNCHER)";
    const run = ayaRun([], code, { AYA_LAUNCHER: launcher });
    assert.equal(await run.ended(), 0);
    assert.deepEqual([line(run, 'launched'), line(run, 'program')], ['launched', 'program of undefined']);
    assert.match(line(run, 'sidecar started') ?? '', /--service cart/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('on SIGTERM the sidecar drains first while the program still serves, and the exit code is that of the program', async () => {
  const run = ayaRun([], program);
  await eventually(() => line(run, 'program ['));
  run.child.kill('SIGTERM');
  assert.equal(await run.ended(), 5);
  assert.deepEqual(run.said().slice(-3), ['sidecar drains', 'sidecar ended', 'program ends']);
});

test('SIGUSR1 goes to the sidecar, SIGHUP to the program', async () => {
  const run = ayaRun([], program);
  await eventually(() => line(run, 'program ['));
  run.child.kill('SIGUSR1');
  run.child.kill('SIGHUP');
  await eventually(() => line(run, 'sidecar opens its logs anew') && line(run, 'program reloads'));
  run.child.kill('SIGTERM');
  assert.equal(await run.ended(), 5);
});

test('a further signal cuts the drain short', async () => {
  const run = ayaRun([], program);
  await eventually(() => line(run, 'program ['));
  run.child.kill('SIGINT');
  await eventually(() => line(run, 'sidecar drains'));
  run.child.kill('SIGINT');
  assert.equal(await run.ended(), 5);
  assert.equal(line(run, 'sidecar ended'), undefined);
});

test('a program that does not end is killed after the stop time', async () => {
  const run = ayaRun(
    ['--stop-time', '0.2'],
    `${program} process.removeAllListeners('SIGTERM'); process.on('SIGTERM', () => {})`,
  );
  await eventually(() => line(run, 'program ['));
  run.child.kill('SIGTERM');
  assert.equal(await run.ended(), 137);
});

test('a sidecar that dies is started again at the same addresses', async () => {
  const run = ayaRun([], program);
  await eventually(() => line(run, 'program ['));
  const [, admin, pid] = /--admin (\S+) .* as (\d+)/.exec(line(run, 'sidecar started') ?? '') ?? [];
  process.kill(Number(pid), 'SIGKILL');
  const starts = await eventually(() => {
    const found = run.said().filter((each) => each.startsWith('sidecar started'));
    return found.length === 2 && found;
  });
  assert.match(starts[1] ?? '', new RegExp(`--admin ${admin} --outbound 127.0.0.1:41001 --inbound 127.0.0.1:41002`));
  assert.match(line(run, 'aya run') ?? '', /the sidecar ended \(SIGKILL\); starting it again/);
  run.child.kill('SIGTERM');
  assert.equal(await run.ended(), 5);
});

test('without a sidecar that gets ready the program never starts, and the error says why', async () => {
  const crashed = ayaRun([], program, { STAND_IN: 'crash' });
  assert.equal(await crashed.ended(), 1);
  assert.match(crashed.said().join('\n'), /error: the sidecar ended before it was ready: exit code 3/);
  const slow = ayaRun(['--ready-time', '5'], program, { STAND_IN: 'slow' });
  assert.equal(await slow.ended(), 1);
  assert.match(slow.said().join('\n'), /error: the sidecar is not ready after 5 s: PRE_INITIALIZING/);
  assert.equal(line(slow, 'program'), undefined);
});

test('a command that is not there ends with 127, as in a shell', async () => {
  const args = [standIn, 'run', '--service', 'cart', '--', '/no/such/program'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  assert.deepEqual(await once(child, 'close'), [127, null]);
  assert.match(text, /the program ended: \/no\/such\/program: not found/);
});
