import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { requestHead } from '../../../sidecar/codec/http1/request-head.ts';
import { responseHead } from '../../../sidecar/codec/http1/response-head.ts';
import { HeaderList } from '../../../sidecar/core/headers.ts';
import type { ForwardPlan, HeaderAddPlan } from '../../../sidecar/core/plan/route.ts';
import { RouteEntry } from '../../../sidecar/route/entry.ts';
import { exchangeOf } from '../../support/exchange.ts';
import { forwardPlan, hostPlan, noMutations, prefix, routePlan } from '../../support/route-plan.ts';

/** Values that no configuration check sees, since they are put together when a request comes. */
const OPERATORS = '%ROUTE_NAME%|%UPSTREAM_CLUSTER%|%REQ(x-in)%|%REQ(:PATH)%|%REQ(:AUTHORITY)%|%RESP(x-out)%';

const add = (name: string): HeaderAddPlan => ({ name, value: OPERATORS, action: 'append' });

function entryOf(name: string, forward: Partial<ForwardPlan> = {}): RouteEntry {
  const route = routePlan(name, prefix('/'), {
    action: forwardPlan(forward),
    requestHeaders: { remove: [], add: [add('x-made')] },
    responseHeaders: { remove: [], add: [add('x-made')] },
  });
  return new RouteEntry(route, hostPlan('h', ['*'], [route]), {
    requestHeaders: noMutations,
    responseHeaders: noMutations,
  });
}

/** The bytes of a text as they go out: one for each character, its lower eight bits. */
const lines = (text: string): string[] =>
  Buffer.from(text, 'latin1')
    .toString('latin1')
    .split(/\r\n|[\r\n\0]/);

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\r', '\n', '\0', '\u010a', '\u010d', 'a', ' '),
    fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
  ),
  maxLength: 20,
});
/** What a codec lets through as a header value. */
const received = fc.array(fc.integer({ min: 0x20, max: 0xff }), { maxLength: 12 }).map((codes) =>
  codes
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code))
    .join(''),
);

test('names of routes and clusters, whatever they hold, make one header line', () => {
  fc.assert(
    fc.property(anyText, anyText, received, (route, cluster, value) => {
      const x = exchangeOf({ headers: ['x-in', value] });
      x.routeName = route;
      x.cluster = cluster;
      const entry = entryOf(route);
      entry.applyRequest(x);
      // Request line, Host, x-in, x-made, end.
      assert.equal(lines(requestHead('GET', x.authority, x.path, x.headers, 0)).length, 6);
      const headers = HeaderList.of('x-out', value);
      entry.applyResponse(x, 200, headers);
      // Status line, x-out, x-made, content-length, end.
      assert.equal(lines(responseHead(200, headers, 1, 0, 11, true)).length, 6);
    }),
    { numRuns: 2000 },
  );
});

test('a host taken from a header is one, or the host stays', () => {
  const entry = entryOf('r', { hostRewriteHeader: 'x-host' });
  for (const [value, host] of [
    ['other', 'other'],
    ['other:80', 'other:80'],
    ['a b', 'cart'],
    ['a@b', 'cart'],
    ['a/b', 'cart'],
    ['é', 'cart'],
    ['a, b', 'cart'],
  ] as const) {
    const x = exchangeOf({ headers: ['x-host', value] });
    entry.applyRequest(x);
    assert.equal(x.authority, host);
  }
});

test('a substitution that leaves no path still makes a request line with one', () => {
  for (const [pattern, substitution, path] of [
    ['.*', '', '/'],
    ['^/', '', '/a/b'],
    ['^/a', 'c', '/c/b'],
  ] as const) {
    const x = exchangeOf({ path: '/a/b?q' });
    entryOf('r', { regexRewrite: { pattern, substitution } }).applyRequest(x);
    assert.equal(x.path, `${path}?q`);
    assert.match(requestHead('GET', 'a', x.path, x.headers, 0), /^GET \/\S* HTTP\/1\.1\r\n/);
  }
});
