import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { displayName, pathOf, type ResourceKind } from '../../cli/api/discovery.ts';
import { refusalOf } from '../../cli/api/refusal.ts';
import { selectionOf } from '../../cli/api/selection.ts';
import { dispatch } from '../../cli/dispatch.ts';
import { Failure } from '../../cli/failure.ts';
import { readManifests } from '../../cli/manifest/documents.ts';

const kind = (group: string, name: string, plural: string, shortNames: string[]): ResourceKind => ({
  group,
  version: 'v1',
  kind: name,
  plural,
  singular: name.toLowerCase(),
  shortNames,
  namespaced: true,
  verbs: ['list'],
});
const kinds = [
  kind('', 'Service', 'services', ['svc']),
  kind('gateway.networking.k8s.io', 'HTTPRoute', 'httproutes', []),
];

const folder = mkdtempSync(path.join(tmpdir(), 'aya-cli-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};

async function aya(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await dispatch(argv, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { code, out, err };
}

test('a resource is known by plural, singular, short name and kind, with and without its group', () => {
  for (const word of ['services', 'service', 'svc', 'Service']) {
    assert.deepEqual(selectionOf(kinds, [word]), [{ kind: kinds[0] }]);
  }
  assert.deepEqual(selectionOf(kinds, ['httproutes.gateway.networking.k8s.io', 'a', 'b']), [
    { kind: kinds[1], name: 'a' },
    { kind: kinds[1], name: 'b' },
  ]);
  assert.deepEqual(selectionOf(kinds, ['svc/a', 'httproute/b']), [
    { kind: kinds[0], name: 'a' },
    { kind: kinds[1], name: 'b' },
  ]);
  assert.deepEqual(selectionOf(kinds, ['all']), [{ kind: kinds[0] }, { kind: kinds[1] }]);
});

test('an unknown resource is a usage error that lists the known ones', () => {
  const failure = selectionOf(kinds, ['servces']);
  assert.ok(failure instanceof Failure);
  assert.equal(failure.code, 2);
  assert.match(String(failure), /no resource "servces"[\s\S]*httproutes, services\/svc/);
});

test('paths are those of Kubernetes', () => {
  const [service, route] = kinds as [ResourceKind, ResourceKind];
  assert.equal(pathOf(service, 'shop', 'cart'), '/api/v1/namespaces/shop/services/cart');
  assert.equal(pathOf(route, undefined), '/apis/gateway.networking.k8s.io/v1/httproutes');
  assert.equal(displayName(route, 'a'), 'httproute.gateway.networking.k8s.io/a');
});

test('each cause of an invalid object stands on its own line, by field', () => {
  const status = {
    kind: 'Status',
    message: 'Service "cart" is invalid: spec.ports[0].port: must be at most 65535',
    details: { causes: [{ field: 'spec.ports[0].port', message: 'must be at most 65535' }] },
  };
  assert.equal(
    String(refusalOf(422, JSON.stringify(status), new URL('http://localhost:1'))),
    'error: Service "cart" is invalid\n  spec.ports[0].port: must be at most 65535',
  );
});

test('an answer that is no Status object says that this may be no control plane', () => {
  assert.match(
    String(refusalOf(404, '<html>', new URL('http://localhost:1'))),
    /answered 404: <html>[\s\S]*control plane/,
  );
});

test('documents come from files and folders in order, lists as their items, each with its line', () => {
  const many = file(
    'a.yaml',
    'apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\n\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: b}}\n',
  );
  file('b.json', '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "c"}}');
  file('notes.txt', 'not ours');
  const documents = readManifests([folder]);
  assert.ok(!(documents instanceof Failure));
  assert.deepEqual(
    documents.map(({ object }) => object.metadata.name),
    ['a', 'b', 'c'],
  );
  assert.equal(documents[1]?.at, `${many}:7`);
});

test('bad documents are refused with file and line', () => {
  const refused = (name: string, text: string) => String(readManifests([file(name, text)]));
  assert.match(refused('x.yaml', 'a: 1\nb: [\n'), /x\.yaml:3: /);
  assert.match(
    refused('y.yaml', 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\nkind: Service\n'),
    /y\.yaml:5: apiVersion: missing/,
  );
  assert.match(refused('z.yaml', ''), /no documents/);
  assert.match(String(readManifests(['/no/such'])), /no such file/);
});

test('the command line is checked before anything is done: exit code 2, and what is wrong', async () => {
  assert.equal((await aya()).code, 2);
  assert.match((await aya('aply')).err, /no command "aply"/);
  assert.equal((await aya('get', 'svc', '--colour')).code, 2);
  assert.match((await aya('get', 'svc', '-o', 'xml')).err, /choose one of json, yaml, name, wide/);
  assert.match((await aya('run', '--service', 'a')).err, /write it after --/);
  assert.match((await aya('run', '--', 'true')).err, /--service is missing/);
  assert.equal((await aya('diff', 'a.yaml')).code, 3);
});

test('help goes to the standard output and is no error; help for a program after -- is not ours', async () => {
  const { code, out } = await aya('help');
  assert.equal(code, 0);
  assert.match(out, /^ {2}control-plane /m);
  assert.match((await aya('help', 'apply')).out, /^Usage: aya apply/);
  assert.match((await aya('get', '--help')).out, /^Usage: aya get/);
  assert.match((await aya('run', '--', 'true', '--help')).err, /--service is missing/);
});

test('without a control plane the error says how to start one or name another', async () => {
  const { code, err } = await aya('get', 'services', '--server', '127.0.0.1:9');
  assert.equal(code, 1);
  assert.match(err, /no control plane answers at http:\/\/127\.0\.0\.1:9[\s\S]*aya control-plane[\s\S]*AYA_SERVER/);
});
