import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { startControlPlane, temporaryDirectory } from '../support/control-plane.ts';

const main = new URL('../../control-plane/main.ts', import.meta.url).pathname;
const run = (args: string[], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: { ...process.env, ...env }, timeout: 20_000 });

const refused: [string, string[], RegExp][] = [
  ['an unknown flag', ['--nope'], /--nope/],
  ['an address without a port', ['--api', '127.0.0.1'], /--api 127\.0\.0\.1: must be HOST:PORT/],
  ['an API that others can reach', ['--api', '0.0.0.0:0'], /--api 0\.0\.0\.0: .*--allow-unauthenticated/],
  [
    'a store that is not supported',
    ['--store', 'nats://127.0.0.1'],
    /--store nats:\/\/127\.0\.0\.1: not supported; use sqlite:FILE/,
  ],
  ['an unknown log level', ['--log-level', 'loud'], /--log-level loud: must be one of trace/],
];
for (const [name, args, expected] of refused) {
  test(`${name} is refused with the flag and a way out`, () => {
    const { status, stderr } = run(args);
    assert.equal(status, 2);
    assert.match(stderr, expected);
  });
}

test('the environment sets what flags do not', () => {
  const { status, stderr } = run(['--store', 'x'], { AYA_API: 'nonsense' });
  assert.equal(status, 2);
  assert.match(stderr, /--store x/);
  assert.match(run([], { AYA_API: 'nonsense' }).stderr, /--api nonsense/);
});

test('an address that is taken, and a store that is in use, end the start with a sentence', async (t) => {
  const directory = temporaryDirectory(t);
  const plane = await startControlPlane(directory);
  t.after(() => plane.stop());
  const same = run(['--data', directory, '--api', '127.0.0.1:0', '--xds', '127.0.0.1:0']);
  assert.equal(same.status, 1);
  assert.match(same.stderr, /another control plane is using it/);
  const taken = run(['--data', temporaryDirectory(t), '--api', '127.0.0.1:0', '--xds', plane.xds]);
  assert.equal(taken.status, 1);
  assert.match(taken.stderr, /the address is in use/);
});

test('SIGTERM ends it with code 0', async (t) => {
  const plane = await startControlPlane(temporaryDirectory(t));
  await plane.stop();
  assert.equal(plane.child.exitCode, 0);
});
