import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ROW, SHARED, SLOTS_PER_PAGE, SlotTable } from '../../sidecar/core/slots.ts';
import { SlotAllocator } from '../../sidecar/worker/slot-allocator.ts';

/** An allocator with the tables of two workers that get its pages. */
function allocator() {
  const tables = [new SlotTable(2, 0), new SlotTable(2, 1)];
  const slots = new SlotAllocator(2, (page) => {
    for (const table of tables) table.addPage(page);
  });
  return { slots, tables };
}

test('a cluster and its addresses keep their slots from update to update', () => {
  const { slots } = allocator();
  const own = slots.clusterSlot('cart');
  const [a, b] = slots.endpointSlots('cart', ['10.0.0.1:80', '10.0.0.2:80'], 1);
  assert.deepEqual(slots.endpointSlots('cart', ['10.0.0.2:80', '10.0.0.1:80'], 2), [b, a]);
  assert.equal(slots.clusterSlot('cart'), own);
  const other = slots.endpointSlots('web', ['10.0.0.1:80'], 2);
  assert.equal(new Set([own, a, b, slots.clusterSlot('web'), ...other]).size, 5);
});

test('a slot is free only when every worker is past the epoch and nothing of it is under way', () => {
  const { slots, tables } = allocator();
  const [slot] = slots.endpointSlots('cart', ['10.0.0.1:80'], 1);
  assert.ok(slot !== undefined);
  const used = slots.used;
  const row = tables[1]?.slot(slot);
  row?.add(ROW.active, 1);
  row?.add(ROW.requests, 1);
  slots.endpointSlots('cart', [], 5);
  slots.sweep(4);
  assert.equal(slots.used, used, 'a worker may still use it');
  slots.sweep(5);
  assert.equal(slots.used, used, 'a request is under way');
  row?.add(ROW.active, -1);
  slots.sweep(5);
  assert.equal(slots.used, used - 1);
  assert.equal(slots.table.slot(slot).sum(ROW.requests), 0, 'the next owner starts from nothing');
});

test('the flags and counts of a former owner are gone, and its slot waits its turn', () => {
  const { slots } = allocator();
  const [slot] = slots.endpointSlots('cart', ['10.0.0.1:80'], 1);
  assert.ok(slot !== undefined);
  slots.table.slot(slot).setShared(SHARED.flags, 7);
  slots.table.slot(slot).setShared(SHARED.consecutive5xx, 4);
  slots.dropCluster('cart', 2);
  slots.sweep(2);
  assert.equal(slots.table.slot(slot).shared(SHARED.flags), 0);
  assert.equal(slots.table.slot(slot).shared(SHARED.consecutive5xx), 0);
  assert.notEqual(slots.endpointSlots('web', ['10.0.0.1:80'], 3)[0], slot, 'freed slots are taken last');
});

test('an address that returns before its slot was free gets another slot', () => {
  const { slots } = allocator();
  const [before] = slots.endpointSlots('cart', ['10.0.0.1:80'], 1);
  slots.endpointSlots('cart', [], 2);
  const [after] = slots.endpointSlots('cart', ['10.0.0.1:80'], 3);
  assert.notEqual(after, before);
  slots.sweep(3);
  assert.equal(slots.used, 2);
});

test('more endpoints than a page holds get further pages, announced before their first slot', () => {
  const { slots, tables } = allocator();
  const addresses = Array.from({ length: 2 * SLOTS_PER_PAGE }, (_, index) => `10.0.${index >> 8}.${index & 255}:80`);
  const taken = slots.endpointSlots('cart', addresses, 1);
  assert.equal(new Set(taken).size, addresses.length);
  assert.equal(slots.pages.length, 3);
  tables[0]?.slot(Math.max(...taken)).add(ROW.active, 1);
  assert.equal(slots.table.slot(Math.max(...taken)).sum(ROW.active), 1);
});

test('what a dead worker had under way is over; what its sibling has is not', () => {
  const { slots, tables } = allocator();
  const [slot] = slots.endpointSlots('cart', ['10.0.0.1:80'], 1);
  assert.ok(slot !== undefined);
  for (const table of tables) {
    table.slot(slot).add(ROW.active, 3);
    table.slot(slots.clusterSlot('cart')).claim(ROW.pending, 10);
  }
  slots.retireWorker(1);
  assert.equal(slots.table.slot(slot).sum(ROW.active), 3);
  assert.equal(slots.table.slot(slots.clusterSlot('cart')).sum(ROW.pending), 1);
});

test('over any changes no two living owners share a slot, and everything is free in the end', () => {
  const change = fc.record({
    cluster: fc.constantFrom('a', 'b', 'c'),
    hosts: fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 9 }))),
    sweep: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const { slots } = allocator();
      const living = new Map<string, readonly number[]>();
      changes.forEach(({ cluster, hosts, sweep }, epoch) => {
        if (hosts) {
          const taken = slots.endpointSlots(
            cluster,
            hosts.map((host) => `10.0.0.${host}:80`),
            epoch,
          );
          living.set(cluster, [slots.clusterSlot(cluster), ...taken]);
        } else {
          slots.dropCluster(cluster, epoch);
          living.delete(cluster);
        }
        if (sweep) slots.sweep(epoch);
        const all = [...living.values()].flat();
        assert.equal(new Set(all).size, all.length);
        if (sweep) assert.equal(slots.used, all.length);
      });
      for (const cluster of living.keys()) slots.dropCluster(cluster, changes.length);
      slots.sweep(changes.length);
      assert.equal(slots.used, 0);
    }),
  );
});
