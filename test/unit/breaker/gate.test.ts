import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BreakerGate, type TrialOutcome } from '../../../sidecar/cluster/breaker/gate.ts';
import { Cluster } from '../../../sidecar/cluster/cluster.ts';
import type { LiveEndpoint } from '../../../sidecar/cluster/live-endpoint.ts';
import { OBSERVED } from '../../../sidecar/cluster/outlier/observation.ts';
import { FAILURE } from '../../../sidecar/core/outcome.ts';
import type { ClusterPlan } from '../../../sidecar/core/plan/cluster.ts';
import { BREAKER, FLAG, pageBytes, ROW, SHARED, SlotTable } from '../../../sidecar/core/slots.ts';
import { errorRatePlan } from '../../support/breaker.ts';
import { clusterPlan, endpointsPlan, slotTable, surroundings } from '../../support/cluster.ts';

type Told = [slot: number, trial: number, outcome: TrialOutcome];

function halfOpen(table: SlotTable, index: number, permits: number, trial = 7): void {
  const slot = table.slot(index);
  slot.setShared(SHARED.trial, trial);
  slot.setShared(SHARED.permits, permits);
  slot.setShared(SHARED.breaker, BREAKER.halfOpen);
}

test('the permits of a trial are taken once each, over all workers', () => {
  const page = new SharedArrayBuffer(pageBytes(4));
  const gates = [0, 1, 2, 3].map((me) => {
    const table = new SlotTable(4, me);
    table.addPage(page);
    return { table, gate: new BreakerGate(table.slot(5), 5, () => {}) };
  });
  const first = gates[0]?.table as SlotTable;
  assert.ok(gates.every(({ gate }) => gate.closed));
  halfOpen(first, 5, 3);
  const trials = Array.from({ length: 20 }, (_, at) => gates[at % 4]?.gate.enter());
  assert.equal(trials.filter((each) => each !== null).length, 3);
  assert.equal(first.slot(5).shared(SHARED.permits), 0);
  first.slot(5).setShared(SHARED.breaker, BREAKER.open);
  first.slot(5).setShared(SHARED.permits, 3);
  assert.equal(gates[0]?.gate.enter(), null, 'open lets nothing through, whatever is left');
});

test('a trial tells its end once, with its number', () => {
  const told: Told[] = [];
  const table = slotTable();
  const gate = new BreakerGate(table.slot(5), 5, (...each) => told.push(each));
  halfOpen(table, 5, 4);
  const ends = [OBSERVED.success, OBSERVED.gatewayError, OBSERVED.localOrigin, OBSERVED.nothing];
  for (const observed of ends) {
    const trial = gate.enter();
    trial?.end(observed);
    trial?.end(OBSERVED.nothing);
  }
  assert.deepEqual(told, [
    [5, 7, 'passed'],
    [5, 7, 'failed'],
    [5, 7, 'failed'],
    [5, 7, 'abandoned'],
  ]);
});

/** A cluster of three endpoints in slots 1 to 3, slot 0 its own. */
function three(over: Partial<ClusterPlan>): { cluster: Cluster; table: SlotTable; told: Told[] } {
  const table = slotTable();
  const told: Told[] = [];
  const around = surroundings({ slots: table, reportTrial: (...each) => told.push(each) });
  const { cluster } = Cluster.create(clusterPlan(over), around).withEndpoints(endpointsPlan([1, 1, 1]));
  return { cluster, table, told };
}

function choices(cluster: Cluster, count: number): (string | undefined)[] {
  const { guard } = cluster;
  assert.ok(guard);
  return Array.from({ length: count }, () => (guard.choose(null, 1, null) ? guard.endpoint?.name : undefined));
}

test('a cluster that needs no guard has none', () => {
  assert.equal(three({}).cluster.guard, null);
});

test('the breaker of a service lets everything through, nothing, or a trial', () => {
  const { cluster, table, told } = three({ breaker: errorRatePlan() });
  assert.equal(new Set(choices(cluster, 30)).size, 3);
  table.slot(0).setShared(SHARED.breaker, BREAKER.open);
  assert.deepEqual(new Set(choices(cluster, 30)), new Set([undefined]));
  assert.equal(cluster.guard?.failure, FAILURE.breaker);
  halfOpen(table, 0, 2);
  assert.equal(choices(cluster, 30).filter((each) => each !== undefined).length, 2);
  halfOpen(table, 0, 1);
  for (const slot of [1, 2, 3]) table.slot(slot).setShared(SHARED.flags, FLAG.ejected);
  table.slot(0).bump(SHARED.generation);
  assert.equal(cluster.guard?.choose(null, 1, null), true, 'nobody to choose from is no overflow');
  assert.equal(cluster.guard?.endpoint, null);
  assert.deepEqual(told, [[0, 7, 'abandoned']], 'and gives the permit back');
});

test('the breaker of an endpoint sends requests to the others, but for its trial', () => {
  const { cluster, table } = three({ breaker: errorRatePlan({ per: 'endpoint' }) });
  halfOpen(table, 2, 1);
  const chosen = choices(cluster, 60);
  assert.equal(chosen.filter((each) => each === '10.0.0.1:80').length, 1);
  assert.ok(chosen.every((each) => each !== undefined));
  for (const slot of [1, 3]) table.slot(slot).setShared(SHARED.breaker, BREAKER.open);
  assert.deepEqual(new Set(choices(cluster, 20)), new Set([undefined]));
  assert.equal(cluster.guard?.failure, FAILURE.breaker);
});

test('a full endpoint is passed over, and when all are full that is an overflow', () => {
  const { cluster, table } = three({ maxRequestsPerEndpoint: 2 });
  const endpoints = cluster.set.endpoints as readonly LiveEndpoint[];
  for (const each of endpoints) assert.ok(each.begin() && each.begin());
  assert.equal(endpoints[0]?.begin(), false);
  assert.deepEqual(choices(cluster, 3), [undefined, undefined, undefined]);
  assert.equal(cluster.guard?.failure, FAILURE.overflow);
  endpoints[1]?.end();
  assert.deepEqual(new Set(choices(cluster, 20)), new Set(['10.0.0.1:80']));
  assert.equal(table.slot(2).sum(ROW.active), 1);
});
