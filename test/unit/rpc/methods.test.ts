import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methods } from '../../../shared/rpc/methods.ts';
import { readOurs } from '../../../shared/xds/generate.ts';

test('every method of proto/ can be called and served, by the path and with the types that it has there', () => {
  const declared = Object.entries(readOurs().services).flatMap(([service, all]) =>
    all.map(([method, request, response]) => [method, { path: `/${service}/${method}`, request, response }] as const),
  );
  assert.deepEqual(methods, Object.fromEntries(declared));
});
