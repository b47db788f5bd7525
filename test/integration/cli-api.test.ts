import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { promisify } from 'node:util';
import { dispatch } from '../../cli/dispatch.ts';
import { type RunningApi, startApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';

let api: RunningApi;
const folder = mkdtempSync(path.join(tmpdir(), 'aya-cli-api-'));
before(async () => {
  api = await startApi();
});
after(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  await aya('delete', '-f', file, '--ignore-not-found');
});

const file = path.join(folder, 'mesh.yaml');
const mesh = (ports: string, retry = 'attempts: 2'): string => `
apiVersion: v1
kind: Service
metadata: {name: cart, labels: {tier: back}}
spec: {ports: [${ports}]}
---
apiVersion: aya.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: cart}
spec:
  targetRefs: [{group: "", kind: Service, name: cart}]
  retry: {${retry}}
`;
const http = '{name: http, port: 80}';
const admin = '{name: admin, port: 81}';

async function aya(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const terminal = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
  const code = await dispatch([...argv, '--server', api.url], terminal);
  return { code, out, err };
}

async function apply(text: string, ...flags: string[]): Promise<{ code: number; out: string; err: string }> {
  writeFileSync(file, text);
  return aya('apply', '-f', file, ...flags);
}

async function ports(): Promise<number[]> {
  const { spec } = JSON.parse((await aya('get', 'svc', 'cart', '-o', 'json')).out);
  return spec.ports.map((each: { port: number }) => each.port);
}

test('apply creates, leaves alone, and changes; what the file says no more is gone', async () => {
  const names = ['service/cart', 'trafficpolicy.aya.dev/cart'];
  const said = (...what: string[]): string => names.map((name, at) => `${name} ${what[at]}\n`).join('');
  assert.equal((await apply(mesh(`${http}, ${admin}`))).out, said('created', 'created'));
  assert.equal((await apply(mesh(`${http}, ${admin}`))).out, said('unchanged', 'unchanged'));
  assert.equal((await apply(mesh(http, 'attempts: 3'))).out, said('configured', 'configured'));
  assert.deepEqual(await ports(), [80]);
});

test('apply leaves alone what others set beside it, and defaults of the server', async () => {
  await apply(mesh(http));
  const path = '/api/v1/namespaces/default/services/cart';
  await api.call('PATCH', path, { metadata: { labels: { team: 'blue' } } }, 'application/merge-patch+json');
  const extra = { spec: { ports: [{ port: 9090, name: 'metrics' }] } };
  await api.call('PATCH', path, extra, 'application/strategic-merge-patch+json');
  assert.equal((await apply(mesh(`${http}, ${admin}`))).code, 0);
  const { metadata, spec } = JSON.parse((await aya('get', 'svc', 'cart', '-o', 'json')).out);
  assert.deepEqual(metadata.labels, { tier: 'back', team: 'blue' });
  assert.deepEqual(spec.ports.map((each: { port: number }) => each.port).sort(), [80, 81, 9090]);
  assert.equal(spec.ports[0].protocol, 'TCP');
});

test('one refused document does not hold back the others; each problem is told with file, line and path', async () => {
  const { code, out, err } = await apply(`${mesh(http, 'attempts: -1, perTryTimeout: soon')}---\n${mesh(http)}`);
  assert.equal(code, 1);
  assert.match(out, /service\/cart created\nservice\/cart unchanged\ntrafficpolicy\.aya\.dev\/cart created/);
  assert.match(err, /mesh\.yaml:7: TrafficPolicy.* is invalid\n {2}spec\.retry\.attempts: .*\n {2}spec\.retry\.perTry/);
});

test('a dry run checks and stores nothing', async () => {
  assert.match((await apply(mesh(http), '--dry-run')).out, /service\/cart created \(dry run\)/);
  const { code, err } = await aya('get', 'svc', 'cart');
  assert.equal(code, 1);
  assert.equal(err, 'error: services "cart" not found\n');
});

test('diff shows what apply would change: exit code 0 for nothing, 1 for something, more for an error', async () => {
  writeFileSync(file, mesh(http));
  const fresh = await aya('diff', '-f', file);
  assert.equal(fresh.code, 1);
  assert.match(fresh.out, /^\+\+\+ service\/cart \(.*mesh\.yaml:2\)\n@@ -1 \+1 @@\n\+apiVersion: v1$/m);
  await apply(mesh(http));
  assert.deepEqual(await aya('diff', '-f', file), { code: 0, out: '', err: '' });
  writeFileSync(file, mesh(http, 'attempts: 7'));
  const { code, out } = await aya('diff', '-f', file);
  assert.equal(code, 1);
  assert.match(out, /^-\s+attempts: 2\n\+\s+attempts: 7$/m);
  assert.ok(!out.includes('resourceVersion') && !out.includes('last-applied'));
  writeFileSync(file, mesh(http, 'attempts: -1'));
  assert.equal((await aya('diff', '-f', file)).code, 2);
});

test('get lists by kind, label and namespace; describe tells the conditions', async () => {
  await apply(mesh(http));
  const list = await aya('get', 'services');
  assert.match(list.out, /^NAME +PORTS +AGE\ncart +80\/http +\d+s\n$/);
  assert.match((await aya('get', 'svc', '-A')).out, /^NAMESPACE +NAME +PORTS +AGE\ndefault +cart/);
  assert.match((await aya('get', 'svc', '-l', 'tier=back')).out, /cart/);
  assert.equal((await aya('get', 'svc', '-l', 'tier=front')).err, 'No services found in namespace default.\n');
  assert.equal((await aya('get', 'svc', '-n', 'shop')).err, 'No services found in namespace shop.\n');
  assert.match((await aya('get', 'all')).out, /^service\/cart .*\n\nNAME[\s\S]*^trafficpolicy\.aya\.dev\/cart /m);
  const described = await eventually(async () => {
    const { out } = await aya('describe', 'tp/cart');
    return out.includes('Conditions:') && out;
  });
  assert.match(described, /^ +Accepted +True /m);
  assert.equal((await aya('get', 'pods')).code, 2);
});

test('get --watch prints each change until the server ends it', async () => {
  const other = await startApi();
  const client = (...argv: string[]) => {
    const said = { out: '', err: '' };
    const terminal = { out: (text: string) => void (said.out += text), err: (text: string) => void (said.err += text) };
    return { said, done: dispatch([...argv, '--server', other.url], terminal) };
  };
  writeFileSync(file, mesh(http));
  await client('apply', '-f', file).done;
  const watch = client('get', 'svc', '--watch');
  await eventually(() => watch.said.out.includes('cart'));
  writeFileSync(file, mesh(`${http}, ${admin}`));
  await client('apply', '-f', file).done;
  await eventually(() => /cart +80\/http,81\/admin/.test(watch.said.out));
  await client('delete', 'svc', 'cart').done;
  await eventually(() => watch.said.out.includes('(deleted)'));
  await other.close();
  await watch.done;
  assert.match(watch.said.out, /^NAME +PORTS +AGE\n/);
});

test('delete takes names and files; what is not there is an error unless one says so', async () => {
  await apply(mesh(http));
  assert.equal((await aya('delete', 'svc')).code, 2);
  assert.equal((await aya('delete', '-f', file)).out, 'trafficpolicy.aya.dev/cart deleted\nservice/cart deleted\n');
  assert.equal((await aya('delete', 'svc/cart')).code, 1);
  assert.equal((await aya('delete', 'svc/cart', '--ignore-not-found')).code, 0);
});

const kubectl = spawnSync('kubectl', ['version', '--client']).status === 0;
test('kubectl and aya may apply the same object in turn', {
  skip: kubectl ? false : 'kubectl is not here',
}, async () => {
  const env = { PATH: process.env.PATH, HOME: folder };
  const byKubectl = async (text: string): Promise<string> => {
    writeFileSync(file, text);
    return (await promisify(execFile)('kubectl', ['-s', api.url, 'apply', '-f', file], { env })).stdout;
  };
  await apply(mesh(`${http}, ${admin}`));
  assert.match(
    await byKubectl(mesh(`${http}, ${admin}`)),
    /service\/cart unchanged\ntrafficpolicy.aya.dev\/cart unchanged/,
  );
  await byKubectl(mesh(http, 'attempts: 4'));
  assert.deepEqual(await ports(), [80]);
  const { out } = await apply(mesh(http, 'attempts: 4'));
  assert.equal(out, 'service/cart unchanged\ntrafficpolicy.aya.dev/cart unchanged\n');
  await apply(mesh('{name: admin, port: 81}'));
  assert.deepEqual(await ports(), [81]);
  assert.match(await byKubectl(mesh(http)), /service\/cart configured/);
  assert.deepEqual(await ports(), [80]);
});
