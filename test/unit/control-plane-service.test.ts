import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from '../support/documents.ts';

test('a Service gets the defaults of Kubernetes', () => {
  const { body, problems } = check('Service', { ports: [{ port: 80 }], selector: { app: 'cart' } });
  assert.deepEqual(problems, []);
  assert.deepEqual(body, {
    spec: { ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }], selector: { app: 'cart' }, type: 'ClusterIP' },
  });
});

const wrong: [what: string, spec: object, problems: string[]][] = [
  ['no ports', { ports: [] }, ['spec.ports: must have at least 1 item']],
  ['ports missing', {}, ['spec.ports: required']],
  ['a port out of range', { ports: [{ port: 0 }] }, ['spec.ports[0].port: must be at least 1; got 0']],
  ['a port that is text', { ports: [{ port: '80' }] }, ['spec.ports[0].port: must be a number; got a string']],
  [
    'two ports without names',
    { ports: [{ port: 80 }, { port: 81, name: 'b' }] },
    ['spec.ports[0].name: required when a service has several ports'],
  ],
  [
    'the same port twice',
    {
      ports: [
        { port: 80, name: 'a' },
        { port: 80, name: 'b' },
      ],
    },
    ['spec.ports[1].port: "80" is already used by spec.ports[0]'],
  ],
  [
    'the same name twice',
    {
      ports: [
        { port: 80, name: 'a' },
        { port: 81, name: 'a' },
      ],
    },
    ['spec.ports[1].name: "a" is used twice'],
  ],
  ['UDP', { ports: [{ port: 53, protocol: 'UDP' }] }, ['spec.ports[0].protocol: UDP: not supported yet; use TCP']],
  [
    'a load balancer',
    { ports: [{ port: 80 }], type: 'LoadBalancer' },
    ['spec.type: LoadBalancer: not supported yet; use ClusterIP'],
  ],
  ['an external name', { ports: [{ port: 80 }], externalName: 'x' }, ['spec.externalName: not supported yet']],
  ['a mistyped field', { prots: [], ports: [{ port: 80 }] }, ['spec.prots: unknown field; did you mean "ports"?']],
];

for (const [what, spec, problems] of wrong) {
  test(`a Service with ${what} is refused by path`, () => assert.deepEqual(check('Service', spec).problems, problems));
}
