import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../shared/time/virtual-clock.ts';
import { Demand, type HostState } from '../../../sidecar/discovery/demand.ts';
import { answersTo } from '../../../sidecar/discovery/host-name.ts';

function scene(): {
  clock: VirtualClock;
  demand: Demand;
  states: Map<string, HostState>;
  requests: Map<string, number>;
} {
  const clock = new VirtualClock();
  const states = new Map<string, HostState>();
  const requests = new Map<string, number>();
  const demand = new Demand(clock, {
    state: (name) => states.get(name) ?? 'pending',
    requests: (name) => requests.get(name) ?? 0,
    onNames: () => {},
  });
  return { clock, demand, states, requests };
}

test('a host is asked for once, and everybody who waits is answered when it is in force', () => {
  const { demand, states } = scene();
  const answers: string[] = [];
  demand.ask('a', (result) => answers.push(result));
  demand.ask('a', (result) => answers.push(result));
  demand.check();
  assert.equal(answers.length, 0);
  states.set('a', 'known');
  demand.check();
  demand.ask('a', (result) => answers.push(result));
  assert.deepEqual(answers, ['known', 'known', 'known']);
  assert.deepEqual([...demand.names], ['a']);
});

test('an unknown host is answered so for five seconds, and at once known when it comes into being', () => {
  const { clock, demand, states } = scene();
  const answers: string[] = [];
  const ask = (): void => demand.ask('a', (result) => answers.push(result));
  ask();
  states.set('a', 'unknown');
  demand.check();
  clock.advance(4_999);
  ask();
  assert.deepEqual(answers, ['unknown', 'unknown']);
  assert.equal(demand.names.size, 1, 'it stays subscribed');
  states.set('a', 'known');
  ask();
  demand.check();
  clock.advance(10_000);
  assert.equal(demand.names.size, 1);
  ask();
  assert.deepEqual(answers, ['unknown', 'unknown', 'known', 'known']);
});

test('after five seconds an unknown host is given up and would be asked for anew', () => {
  const { clock, demand, states } = scene();
  for (const name of ['a', 'b']) {
    demand.ask(name, () => {});
    states.set(name, 'unknown');
    demand.check();
    clock.advance(1_000);
  }
  clock.advance(3_000);
  assert.deepEqual([...demand.names], ['b']);
  clock.advance(1_000);
  assert.equal(demand.names.size, 0);
  states.delete('a');
  let answer = '';
  demand.ask('a', (result) => (answer = result));
  assert.equal(answer, '');
  assert.deepEqual([...demand.names], ['a']);
});

test('a question waits for two seconds; the host stays asked for a while, so that a slow control plane gets somewhere', () => {
  const { clock, demand, states } = scene();
  const answers: string[] = [];
  demand.ask('a', (result) => answers.push(result));
  clock.advance(2_000);
  assert.deepEqual(answers, ['timeout']);
  assert.equal(demand.names.size, 1);
  states.set('a', 'known');
  demand.check();
  demand.ask('a', (result) => answers.push(result));
  assert.deepEqual(answers, ['timeout', 'known']);
});

test('a host whose configuration was refused is not waited for, and is known once it is better', () => {
  const { demand, states } = scene();
  const answers: string[] = [];
  demand.ask('a', (result) => answers.push(result));
  states.set('a', 'refused');
  demand.check();
  demand.ask('a', (result) => answers.push(result));
  states.set('a', 'known');
  demand.ask('a', (result) => answers.push(result));
  assert.deepEqual(answers, ['timeout', 'timeout', 'known']);
});

test('more than 1,024 hosts without an answer overflow', () => {
  const { demand } = scene();
  const answers: string[] = [];
  for (let at = 0; at < 1_025; at += 1) demand.ask(`host-${at}`, (result) => answers.push(result));
  assert.deepEqual(answers, ['overflow']);
});

test('no more than 1,000 unknown hosts are remembered', () => {
  const { demand, states } = scene();
  for (let at = 0; at < 1_002; at += 1) {
    states.set(`${at}`, 'unknown');
    demand.ask(`${at}`, () => {});
    demand.check();
  }
  let answer: string = '';
  states.delete('0');
  demand.ask('0', (result) => (answer = result));
  assert.equal(answer, '', 'the oldest is forgotten and asked for again');
  demand.ask('1001', (result) => (answer = result));
  assert.equal(answer, 'unknown');
});

test('a host that nobody calls for ten minutes is given up, one that is called stays', () => {
  const { clock, demand, states, requests } = scene();
  for (const name of ['idle', 'busy']) {
    states.set(name, 'known');
    demand.ask(name, () => {});
  }
  demand.check();
  for (let minute = 0; minute < 12; minute += 1) {
    requests.set('busy', minute);
    clock.advance(60_000);
  }
  assert.deepEqual([...demand.names], ['busy']);
});

test('domains answer to hosts as virtual hosts do', () => {
  assert.ok(answersTo(['cart', 'cart:80'], 'cart:80'));
  assert.ok(answersTo(['*.shop'], 'a.shop'));
  assert.ok(answersTo(['cart.*'], 'cart.shop'));
  assert.ok(!answersTo(['*.shop'], '.shop') && !answersTo(['cart'], 'carts'));
});
