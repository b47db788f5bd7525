import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { VirtualClock } from '../../../shared/time/virtual-clock.ts';
import type { DnsFamily } from '../../../sidecar/plan/cluster.ts';
import { DnsWatches } from '../../../sidecar/plan/dns.ts';
import { nowhere } from '../../support/cluster.ts';

const row = (host: string) => ({ host, port: 80, weight: 2, priority: 0, hostname: '', locality: nowhere, flags: 0 });
const both = [
  { address: '::1', family: 6 },
  { address: '10.0.0.1', family: 4 },
  { address: '10.0.0.2', family: 4 },
];

async function resolved(family: DnsFamily): Promise<string[]> {
  let told: string[] = [];
  const watches = new DnsWatches(
    new VirtualClock(),
    (_, rows) => (told = rows.map((each) => each.host)),
    async () => both,
  );
  watches.watch(new Map([['a', { kind: 'dns' as const, rows: [row('x')], refreshRate: 1_000, family }]]));
  await setImmediate();
  watches.stop();
  return told;
}

test('each lookup family takes its addresses', async () => {
  assert.deepEqual(await resolved('AUTO'), ['::1']);
  assert.deepEqual(await resolved('V4_ONLY'), ['10.0.0.1', '10.0.0.2']);
  assert.deepEqual(await resolved('V6_ONLY'), ['::1']);
  assert.deepEqual(await resolved('V4_PREFERRED'), ['10.0.0.1', '10.0.0.2']);
  assert.deepEqual(await resolved('ALL'), ['::1', '10.0.0.1', '10.0.0.2']);
});

test('names are looked up again at the refresh rate; when that fails the addresses before stay', async () => {
  const clock = new VirtualClock();
  const told: string[][] = [];
  let answer: () => Promise<{ address: string; family: number }[]> = async () => [{ address: '10.0.0.1', family: 4 }];
  const watches = new DnsWatches(
    clock,
    (_, rows) => told.push(rows.map((each) => `${each.host} ${each.hostname}`)),
    () => answer(),
  );
  const source = {
    kind: 'dns' as const,
    rows: [row('x'), row('10.9.9.9')],
    refreshRate: 1_000,
    family: 'AUTO' as const,
  };
  watches.watch(new Map([['a', source]]));
  await setImmediate();
  assert.deepEqual(told.pop(), ['10.0.0.1 x', '10.9.9.9 10.9.9.9']);
  answer = async () => Promise.reject(new Error('no such name'));
  clock.advance(1_000);
  await setImmediate();
  assert.deepEqual(told.pop(), ['10.0.0.1 x', '10.9.9.9 10.9.9.9']);
  answer = async () => [{ address: '10.0.0.2', family: 4 }];
  clock.advance(1_000);
  await setImmediate();
  assert.deepEqual(told.pop(), ['10.0.0.2 x', '10.9.9.9 10.9.9.9']);
  watches.watch(new Map());
  clock.advance(10_000);
  await setImmediate();
  assert.deepEqual(told, [], 'a cluster that is gone is not looked up any more');
});
