import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { Metafile } from 'esbuild';
import { freePort } from '../../cli/beside/free-port.ts';
import { build, eagerly } from '../support/build.ts';
import { eventually } from '../support/eventually.ts';

// As in the package: the bundle is one folder below its root.
const root = mkdtempSync(path.join(tmpdir(), 'aya-build-'));
const dist = path.join(root, 'dist');
let metafile: Metafile;
before(async () => {
  metafile = await build(dist);
});
after(() => rmSync(root, { recursive: true }));

/** Files that load at once with the one that `entry` begins, itself among them. */
function filesWith(entry: string): string[] {
  const output = Object.entries(metafile.outputs).find(([, each]) => each.entryPoint === entry)?.[0];
  assert.ok(output, `${entry} has no file of its own`);
  return [...eagerly(metafile, output)];
}

/** Libraries and folders of ours in them. */
function loadedWith(entry: string): Set<string> {
  const inputs = filesWith(entry).flatMap((each) => Object.keys(metafile.outputs[each]?.inputs ?? {}));
  const ours = inputs.filter((each) => !each.startsWith('builtin:'));
  return new Set(ours.map((each) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(each)?.[1] ?? each.split('/')[0] ?? ''));
}

test('the program itself loads nothing but what chooses the command', () => {
  const bytes = filesWith('cli/main.ts').reduce((sum, each) => sum + (metafile.outputs[each]?.bytes ?? 0), 0);
  assert.ok(bytes < 8_192, `${bytes} bytes`);
});

test('a sidecar and its worker are loaded from few files, each of which costs memory to be looked for', () => {
  assert.equal(filesWith('sidecar/main.ts').length, 2);
  assert.equal(filesWith('sidecar/worker/entry.ts').length, 1);
  assert.ok(filesWith('cli/main.ts').length + filesWith('cli/sidecar.ts').length <= 5);
  // What it may load later shares with it all that is there already.
  assert.ok(filesWith('shared/rpc/client.ts').length <= 4);
});

test('a sidecar loads neither what a control plane needs nor what its configuration may never ask for', () => {
  const loaded = loadedWith('sidecar/main.ts');
  const not = [
    'control-plane',
    'cli',
    'fastify',
    '@grpc/grpc-js',
    'protobufjs',
    'yaml',
    'undici',
    'opossum',
    'nats',
    'ajv',
  ];
  assert.deepEqual(
    not.filter((each) => loaded.has(each)),
    [],
  );
});

test('a data-path worker loads only the data path', () => {
  const loaded = loadedWith('sidecar/worker/entry.ts');
  const not = [
    'control-plane',
    'cli',
    'fastify',
    '@grpc/grpc-js',
    '@grpc/proto-loader',
    'undici',
    'opossum',
    'yaml',
    'pino',
  ];
  assert.deepEqual(
    not.filter((each) => loaded.has(each)),
    [],
  );
});

test("no import statement reads all of one of Node's own modules", () => {
  const imports = Object.values(metafile.outputs).flatMap((each) => each.imports);
  assert.deepEqual(
    imports.filter(({ kind, external }) => external && kind === 'import-statement'),
    [],
  );
});

test('the bundle runs without node_modules, and so does the worker thread of its sidecar', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(dist, 'main.mjs'), 'version'], {
    cwd: root,
  });
  assert.match(stdout, /^aya \d+\.\d+\.\d+ /);
  const port = await freePort();
  const file = path.join(root, 'bootstrap.json');
  writeFileSync(file, JSON.stringify(answeringBootstrap(port)));
  const sidecar = spawn(process.execPath, [path.join(dist, 'main.mjs'), 'sidecar', '-c', file], { stdio: 'ignore' });
  try {
    const text = await eventually(async () => (await fetch(`http://127.0.0.1:${port}/`)).text());
    assert.equal(text, 'from the worker');
  } finally {
    sidecar.kill('SIGKILL');
  }
});

/** A sidecar that answers by itself. */
function answeringBootstrap(port: number): object {
  const route = {
    match: { prefix: '/' },
    direct_response: { status: 200, body: { inline_string: 'from the worker' } },
  };
  const api = 'type.googleapis.com/envoy.extensions.filters';
  const manager = {
    '@type': `${api}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'test',
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route] }] },
    http_filters: [{ name: 'envoy.filters.http.router', typed_config: { '@type': `${api}.http.router.v3.Router` } }],
  };
  const listener = {
    name: 'test',
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] }],
  };
  return { static_resources: { listeners: [listener] } };
}
