import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closest } from '../../../shared/struct/closest.ts';

test('a slip of the fingers finds the word that was meant', () => {
  const words = ['name', 'type', 'lb_policy', 'connect_timeout'];
  assert.equal(closest('nmae', words), 'name');
  assert.equal(closest('Type', words), 'type');
  assert.equal(closest('lb_polcy', words), 'lb_policy');
  assert.equal(closest('conect_timeuot', words), 'connect_timeout');
});

test('a word that is near to none finds none', () => {
  assert.equal(closest('hosts', ['name', 'type']), undefined);
  assert.equal(closest('', ['name']), undefined);
  assert.equal(closest('x', []), undefined);
});
