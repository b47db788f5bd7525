import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { dispatch } from '../../cli/dispatch.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'aya-validate-'));
after(() => rmSync(folder, { recursive: true }));

async function validate(text: string): Promise<{ code: number; out: string; err: string }> {
  const file = path.join(folder, 'file.yaml');
  writeFileSync(file, text);
  let [out, err] = ['', ''];
  const terminal = { out: (each: string) => void (out += each), err: (each: string) => void (err += each) };
  const code = await dispatch(['validate', '-f', file], terminal);
  return { code, out, err: err.replaceAll(`${folder}/`, '') };
}

const service = `
apiVersion: v1
kind: Service
metadata: {name: cart}
spec: {ports: [{port: 80}]}
`;
const policy = (name: string, spec = ''): string => `
apiVersion: aya.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: ${name}}
spec:
  targetRefs: [{group: "", kind: Service, name: cart}]
  ${spec}
`;

test('resources that the API would take are valid', async () => {
  const { code, out, err } = await validate(`${service}---${policy('cart', 'retry: {attempts: 2, on: [5xx]}')}`);
  assert.equal(err, '');
  assert.equal(out, 'Service/cart valid\nTrafficPolicy/cart valid\n');
  assert.equal(code, 0);
});

test('every problem of a resource is named by file, line and path', async () => {
  const { code, err } = await validate(
    `${service}---${policy('cart', 'retry: {attempts: -1}\n  timeouts: {request: soon}')}`,
  );
  assert.equal(code, 1);
  assert.match(err, /^file\.yaml:7: TrafficPolicy\/cart: spec\.retry\.attempts: /m);
  assert.match(err, /^file\.yaml:7: TrafficPolicy\/cart: spec\.timeouts\.request: /m);
});

test('two policies of one service contradict each other; a service that is not in the files is a warning', async () => {
  const { code, err } = await validate(`${policy('a')}---${policy('b')}`);
  assert.equal(code, 1);
  assert.match(err, /TrafficPolicy\/a: spec\.targetRefs\[0\]: .*default\/a and .*default\/b both target/);
  assert.match(err, /warning: spec\.targetRefs\[0\]: Service default\/cart does not exist in these files/);
});

test('an unknown kind and a document that is no resource are problems', async () => {
  const { code, err } = await validate('apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n[1]\n');
  assert.equal(code, 1);
  assert.match(err, /Pod\/a: there is no kind Pod in v1; known: Service \(v1\)/);
  assert.match(err, /file\.yaml:5: document: this document is no resource/);
});

test('a sidecar bootstrap is known by its fields and checked by path', async () => {
  const { code, err } = await validate('static_resources:\n  clusters: [{name: a, lb_policy: FOO}]\n');
  assert.equal(code, 1);
  assert.match(err, /file\.yaml:1: bootstrap: static_resources\.clusters\[0\]\.lb_policy: unknown value "FOO"/);
});
