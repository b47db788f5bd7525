import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expiry, type FaultPolicy, leased } from '../../control-plane/model/fault-policy.ts';
import { bytesPerSecond } from '../../control-plane/model/short-faults.ts';
import { cartTarget, check } from '../support/documents.ts';

const faults = { abort: { percent: 5, httpStatus: 503 } };
const policy = (fields: object) => check('FaultPolicy', { targetRefs: cartTarget, faults, ...fields });

test('a fault is injected per attempt, for everybody, for five minutes, unless it says otherwise', () => {
  assert.deepEqual(policy({}), {
    body: {
      spec: { targetRefs: cartTarget, faults, from: [], match: [], at: 'Attempt', countForEjection: true, lease: '5m' },
    },
    problems: [],
  });
});

test('every kind of fault is accepted', () => {
  const { problems } = policy({
    from: [{ service: 'web' }],
    match: [{ path: { prefix: '/buy' }, method: 'POST', headers: [{ name: 'x-user', type: 'Present' }] }],
    faults: {
      delay: { percent: 20, percentiles: { p50: '10ms', p95: '300ms', p99: '2s' } },
      abort: { percent: 5, httpStatus: 503 },
      connection: { percent: 10, failure: 'ResetMidBody', afterBytes: 100 },
      response: {
        percent: 10,
        bytesPerSecond: 1000,
        slice: { bytes: 10, pause: '5ms' },
        slowClose: '1s',
        truncateAfter: 0,
        corruptEvery: 64,
        headers: { set: [{ name: 'x-a', value: '1' }], remove: ['x-b'] },
        dropTrailers: true,
      },
    },
    maxActive: 50,
    seed: 7,
    countForEjection: false,
    lease: '120s',
  });
  assert.deepEqual(problems, []);
});

const wrong: [what: string, fields: object, problems: string[]][] = [
  [
    'no fault',
    { faults: {} },
    [
      'spec.faults: must have one of delay, abort, connection, response, bandwidth, truncate, corrupt, blackHole, connectFailure',
    ],
  ],
  [
    'two ways to abort',
    { faults: { abort: { percent: 1, httpStatus: 503, grpcStatus: 14 } } },
    ['spec.faults.abort: must have exactly one of httpStatus, grpcStatus, reset; got httpStatus and grpcStatus'],
  ],
  [
    'no way to abort',
    { faults: { abort: { percent: 1 } } },
    ['spec.faults.abort: must have exactly one of httpStatus, grpcStatus, reset; got none'],
  ],
  [
    'no reset, but said so',
    { faults: { abort: { percent: 1, reset: false } } },
    ['spec.faults.abort.reset: must be true or absent'],
  ],
  [
    'a limit without a time',
    { faults: { bandwidth: { percent: 1, limit: '64KiB' } } },
    ['spec.faults.bandwidth.limit: must be a rate such as 64KiB/s or 1MB/s; got "64KiB"'],
  ],
  [
    'a delay of two lengths',
    { faults: { delay: { percent: 1, fixed: '1s', uniform: { min: '1s', max: '2s' } } } },
    ['spec.faults.delay: must have exactly one of fixed, uniform, normal, pareto, percentiles; got fixed and uniform'],
  ],
  [
    'percentiles that fall',
    { faults: { delay: { percent: 1, percentiles: { p50: '1s', p95: '2s', p99: '1s' } } } },
    ['spec.faults.delay.percentiles.p99: must be at least p95 (2s); got 1s'],
  ],
  [
    'bytes before a failure that has none',
    { faults: { connection: { percent: 1, failure: 'BlackHole', afterBytes: 1 } } },
    ['spec.faults.connection.afterBytes: must be absent unless failure is ResetMidBody'],
  ],
  [
    'a response fault that does nothing',
    { faults: { response: { percent: 1 } } },
    [
      'spec.faults.response: must have one of bytesPerSecond, slice, slowClose, truncateAfter, corruptEvery, headers, dropTrailers',
    ],
  ],
  [
    'a header of the framing',
    { faults: { response: { percent: 1, headers: { remove: ['content-length'] } } } },
    ['spec.faults.response.headers: "content-length" belongs to the framing and cannot be changed'],
  ],
  ['no percentage', { faults: { delay: { fixed: '1s' } } }, ['spec.faults.delay.percent: required']],
  ['a lease of two days', { lease: '48h' }, ['spec.lease: must be at most 86400s; got 48h']],
  ['a lease of nothing', { lease: '0s' }, ['spec.lease: must be at least 1000ms; got 0s']],
  [
    'two kinds of path',
    { match: [{ path: { exact: '/a', prefix: '/b' } }] },
    ['spec.match[0].path: must have exactly one of exact, prefix, regex; got exact and prefix'],
  ],
  [
    'a header present with a value',
    { match: [{ headers: [{ name: 'a', type: 'Present', value: 'x' }] }] },
    ['spec.match[0].headers[0].value: must be absent when type is Present'],
  ],
  [
    'a header without value',
    { match: [{ headers: [{ name: 'a' }] }] },
    ['spec.match[0].headers[0].value: required when type is Exact'],
  ],
  [
    'a broken expression',
    { match: [{ path: { regex: '/(' } }] },
    [
      'spec.match[0].path.regex: must be a regular expression: Invalid regular expression: /^(?:/()$/: Unterminated group',
    ],
  ],
];

for (const [what, fields, problems] of wrong) {
  test(`a FaultPolicy with ${what} is refused by path`, () => assert.deepEqual(policy(fields).problems, problems));
}

test('a lease begins with a generation, and an unchanged policy keeps the one it has', () => {
  const metadata = { name: 'a', namespace: 'b', uid: '', generation: 1, creationTimestamp: '' };
  const { body } = policy({ lease: '2m' });
  const first = { apiVersion: 'aya.dev/v1alpha1', kind: 'FaultPolicy', metadata, ...body } as FaultPolicy;
  const status = leased(first, 1_700_000_000_000);
  assert.deepEqual(status, { expiresAt: '2023-11-14T22:15:20.000Z', leasedGeneration: 1 });
  const accepted = { ...first, status };
  assert.equal(expiry(accepted), 1_700_000_120_000);
  assert.deepEqual(leased(accepted, 1_700_000_060_000), status);
  const changed = { ...accepted, metadata: { ...metadata, generation: 2 } };
  assert.equal(expiry({ ...changed, status: leased(changed, 1_700_000_060_000) }), 1_700_000_180_000);
});

test('rates are whole numbers of bytes per second, in the units of both kinds', () => {
  const table = { '64KiB/s': 65_536, '1MB/s': 1_000_000, '2MiB/s': 2_097_152, '10kB/s': 10_000, '7B/s': 7 };
  for (const [text, bytes] of Object.entries(table)) assert.equal(bytesPerSecond(text), bytes, text);
  for (const text of ['64KiB', '0B/s', '1.5MB/s', '-1B/s', 'fast']) assert.equal(bytesPerSecond(text), 0, text);
});
