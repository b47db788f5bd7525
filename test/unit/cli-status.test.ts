import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type StatusDocument, statusText } from '../../cli/status.ts';

const now = Date.parse('2026-01-01T00:10:00Z');
const current = { applied: 'a1', sent: 'a1', state: 'applied' } as const;
const document: StatusDocument = {
  controlPlane: { identifier: 'cp-1', version: '0.1.0' },
  nodes: [
    {
      id: 'cart-1',
      kind: 'aya',
      namespace: 'shop',
      service: 'cart',
      connected: true,
      protocol: 'delta',
      address: '127.0.0.1:4000',
      since: '2026-01-01T00:00:00Z',
      types: { Listener: current, Cluster: { applied: 'a1', sent: 'b2', state: 'refused' } },
      lastRefusal: { type: 'Cluster', error: 'outlier_detection.foo: not supported', at: '2026-01-01T00:09:58Z' },
    },
    {
      id: 'web-1',
      kind: 'envoy',
      namespace: 'shop',
      service: '',
      connected: false,
      protocol: 'sotw',
      address: '127.0.0.1:4001',
      since: '2026-01-01T00:00:00Z',
      left: '2026-01-01T00:09:30Z',
      types: { Listener: current },
    },
  ],
  problems: [{ kind: 'TrafficPolicy', namespace: 'shop', name: 'cart', nodes: 'envoy', message: 'budget left out' }],
  endpointHealth: [
    {
      node: 'web-1',
      cluster: 'cart.shop:80',
      address: '10.0.0.1:80',
      ejected: true,
      failedCheck: false,
      breaker: '',
      reason: '5 gateway failures in a row',
    },
    {
      node: 'web-1',
      cluster: 'stock.shop:80',
      address: '',
      ejected: false,
      failedCheck: false,
      breaker: 'half-open',
      reason: 'up to 1 attempts are let through as a trial',
    },
  ],
};

test('the fleet is a table, with what was refused and what has no effect below it', () => {
  const text = statusText(document, { now, wide: false });
  assert.match(text, /^cart-1 +aya +shop\/cart +10m +refused: Cluster$/m);
  assert.match(text, /^web-1 +envoy +shop\/- +left 30s ago +applied$/m);
  assert.match(text, /^1 connected, 0 with all of the configuration applied$/m);
  assert.match(text, /^cart-1 refused Cluster 2s ago: outlier_detection\.foo: not supported$/m);
  assert.match(text, /^cart\.shop:80 +10\.0\.0\.1:80 +web-1 +ejected +5 gateway failures in a row$/m);
  assert.match(text, /^stock\.shop:80 +\(all\) +web-1 +breaker half-open +up to 1 attempts/m);
  assert.match(text, /^ {2}TrafficPolicy shop\/cart on envoy clients: budget left out$/m);
});

test('the wide table adds protocol, address and versions; an empty fleet says so', () => {
  const wide = statusText(document, { now, wide: true });
  assert.match(wide, /delta +127\.0\.0\.1:4000 +Listener=a1 Cluster=a1$/m);
  const empty = statusText({ ...document, nodes: [], problems: [], endpointHealth: [] }, { now, wide: false });
  assert.equal(empty, 'No client has connected.\n');
});
