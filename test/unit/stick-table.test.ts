import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xxHash64 } from '../../shared/struct/xx-hash.ts';
import { STICK_TABLE_BYTES, StickTable } from '../../sidecar/core/stick-table.ts';

const make = (): { table: StickTable; other: StickTable } => {
  const memory = new SharedArrayBuffer(STICK_TABLE_BYTES);
  return { table: new StickTable(memory), other: new StickTable(memory) };
};
const client = (name: string) => xxHash64(name);

test('a client is found again by all that share the memory, until its time is over', () => {
  const { table, other } = make();
  assert.equal(table.get(client('a'), 100), '');
  table.put(client('a'), '[2001:db8:1111:2222:3333:4444:5555:6666]:65535', 100, 160);
  assert.equal(other.get(client('a'), 160), '[2001:db8:1111:2222:3333:4444:5555:6666]:65535');
  assert.equal(other.get(client('a'), 161), '');
  other.put(client('a'), '10.0.0.1:80', 170, 230);
  assert.equal(table.get(client('a'), 170), '10.0.0.1:80');
  table.put(client('a'), '10.0.0.1:80', 180, 240);
  assert.equal(other.get(client('a'), 240), '10.0.0.1:80');
  table.put(client('a'), '10.0.0.2:80', 180, 240);
  assert.equal(other.get(client('a'), 180), '10.0.0.2:80');
});

test('8,000 clients are remembered but for a few; where there is no room, who would have been forgotten first is', () => {
  const { table } = make();
  for (let each = 0; each < 8_000; each += 1)
    table.put(client(`client ${each}`), `10.0.0.${each % 7}:80`, 100, 200 + each);
  let found = 0;
  for (let each = 0; each < 8_000; each += 1) {
    const name = table.get(client(`client ${each}`), 100);
    if (name === '') continue;
    found += 1;
    assert.equal(name, `10.0.0.${each % 7}:80`);
  }
  assert.ok(found > 7_500, `${found} of 8,000`);
  for (let each = 0; each < 200_000; each += 1) table.put(client(`more ${each}`), '10.0.1.1:80', 100, 100_000 + each);
  assert.equal(table.get(client('client 0'), 100), '');
  assert.equal(table.get(client('more 199999'), 100), '10.0.1.1:80');
});
