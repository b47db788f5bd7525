import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { isNamed, isNamedDer } from '../../sidecar/codec/peer-certificate.ts';
import type { PeerNamePlan } from '../../sidecar/core/plan/tls.ts';
import { Authority, withoutOpenssl } from '../support/authority.ts';

const mine: PeerNamePlan = { kind: 'uri', name: 'spiffe://mesh/a' };

test('names are told apart by kind, and only whole ones count', { skip: withoutOpenssl }, (t) => {
  const authority = new Authority(t);
  const has = (names: string[], ...wanted: PeerNamePlan[]): boolean => {
    const certificate = new X509Certificate(authority.issue({ names }).cert);
    assert.equal(isNamedDer(certificate.raw, wanted), isNamed(certificate, wanted));
    return isNamed(certificate, wanted);
  };
  assert.ok(has(['URI:spiffe://mesh/a'], mine));
  assert.ok(has(['DNS:x', 'URI:spiffe://mesh/b', 'URI:spiffe://mesh/a', 'IP:1.2.3.4'], mine));
  assert.ok(has(['DNS:x'], mine, { kind: 'dns', name: 'x' }), 'one of several is enough');
  assert.ok(has(['DNS:x']), 'none is asked for');
  assert.ok(has(['IP:::1'], { kind: 'ip', name: '::1' }));
  assert.ok(!has(['URI:spiffe://mesh/ab'], mine));
  assert.ok(!has(['DNS:spiffe.mesh'], mine));
  assert.ok(!has(['DNS:test 1'], { kind: 'dns', name: 'test' }), 'the subject is no name');
});

test('text within a name of another kind is no name', () => {
  const texts = [
    'DNS:"x, URI:spiffe://mesh/a"',
    'othername:UPN:"x, URI:spiffe://mesh/a, y"',
    'DNS:x", URI:spiffe://mesh/a, DNS:"y',
    'DirName:"O=\\", URI:spiffe://mesh/a, "',
    'email:"x\\", URI:spiffe://mesh/a, DNS:y',
    'URI:"spiffe://mesh/a',
  ];
  for (const subjectAltName of texts) {
    assert.equal(isNamed({ subjectAltName } as X509Certificate, [mine]), false, subjectAltName);
  }
  const quoted = 'DNS:x, URI:"spiffe://mesh/a\\u002cb"';
  assert.ok(isNamed({ subjectAltName: quoted } as X509Certificate, [{ kind: 'uri', name: 'spiffe://mesh/a,b' }]));
});
