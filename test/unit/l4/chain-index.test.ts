import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChainMatchPlan } from '../../../sidecar/core/plan/listener.ts';
import { ChainIndex, NOTHING_KNOWN } from '../../../sidecar/listener/chain-index.ts';

const chain = (name: string, match: Partial<ChainMatchPlan> = {}) => ({
  name,
  match: {
    destinationPort: 0,
    serverNames: [],
    transportProtocol: '',
    applicationProtocols: [],
    ...match,
  } as ChainMatchPlan,
});
const tls = (serverName: string, ...protocols: string[]) => ({ transport: 'tls', serverName, protocols }) as const;

test('the most specific server name wins: itself, then the longest suffix, then none', () => {
  const index = new ChainIndex(
    [
      chain('any'),
      chain('short', { serverNames: ['*.example'] }),
      chain('long', { serverNames: ['*.b.example'] }),
      chain('exact', { serverNames: ['a.b.example', 'other'] }),
    ],
    null,
  );
  for (const [name, expected] of [
    ['a.b.example', 'exact'],
    ['other', 'exact'],
    ['c.b.example', 'long'],
    ['x.y.b.example', 'long'],
    ['b.example', 'short'],
    ['example', 'any'],
    ['', 'any'],
  ] as const) {
    assert.equal(index.find(1, tls(name))?.name, expected, name);
  }
});

test('port comes first, then name, then transport, then application protocol', () => {
  const index = new ChainIndex(
    [
      chain('port', { destinationPort: 8443 }),
      chain('name', { serverNames: ['a'] }),
      chain('tls', { transportProtocol: 'tls' }),
      chain('h2', { transportProtocol: 'tls', applicationProtocols: ['h2'] }),
      chain('http', { transportProtocol: 'raw_buffer', applicationProtocols: ['http/1.1', 'http/1.0'] }),
      chain('plain', { transportProtocol: 'raw_buffer' }),
    ],
    null,
  );
  assert.equal(index.find(8443, tls('a', 'h2'))?.name, 'port');
  assert.equal(index.find(1, tls('a', 'h2'))?.name, 'name');
  assert.equal(index.find(1, tls('b', 'http/1.1'))?.name, 'tls');
  assert.equal(index.find(1, tls('b', 'x', 'h2'))?.name, 'h2');
  assert.equal(index.find(1, { ...NOTHING_KNOWN, protocols: ['http/1.0'] })?.name, 'http');
  assert.equal(index.find(1, NOTHING_KNOWN)?.name, 'plain');
});

test('what a level left behind is not taken up again: then it is the default chain, or none', () => {
  const chains = [chain('named', { serverNames: ['a'], applicationProtocols: ['h2'] }), chain('any')];
  assert.equal(new ChainIndex(chains, null).find(1, tls('a', 'http/1.1')), null);
  assert.equal(new ChainIndex(chains, chain('default')).find(1, tls('a', 'http/1.1'))?.name, 'default');
  assert.equal(new ChainIndex(chains, null).find(1, tls('b'))?.name, 'any');
});
