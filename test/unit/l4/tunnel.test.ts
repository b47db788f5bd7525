import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type End, Tunnel, type TunnelOwner } from '../../../sidecar/l4/tunnel.ts';
import { FakeWire } from '../../support/fake-wire.ts';

/** Two wires joined, and what their owner hears. */
function joined() {
  const [down, up] = [new FakeWire(), new FakeWire()];
  const events: string[] = [];
  const name = (end: End): string => (end.wire === down ? 'down' : 'up');
  const owner: TunnelOwner = {
    onMoved: () => {},
    onPaused: (end) => events.push(`${name(end)} paused`),
    onResumed: (end) => events.push(`${name(end)} resumed`),
    onBroken: (end) => events.push(`${name(end)} broken`),
    onOver: () => events.push('over'),
  };
  return { down, up, events, tunnel: new Tunnel(down, up, owner) };
}

test('bytes go to the other side, each way', () => {
  const { down, up, tunnel } = joined();
  down.receive('question');
  up.receive('answer');
  assert.equal(up.output, 'question');
  assert.equal(down.output, 'answer');
  assert.deepEqual([tunnel.down.bytes, tunnel.up.bytes], [8, 6]);
});

test('who does not take bytes stops the other side until the queue is empty', () => {
  const { down, up, events } = joined();
  up.backedUp = true;
  down.receive('much');
  assert.deepEqual([down.paused, up.paused], [true, false]);
  // A read that was on its way already is passed on, and stops nothing twice.
  down.receive('more');
  up.drain();
  assert.equal(down.paused, false);
  assert.equal(up.output, 'muchmore');
  assert.deepEqual(events, ['down paused', 'down resumed']);
});

test('FIN is passed on, and the other direction lives on', () => {
  const { down, up, events } = joined();
  down.fin();
  assert.equal(up.ended, true);
  up.receive('late answer');
  assert.equal(down.output, 'late answer');
  up.fin();
  assert.equal(down.ended, true);
  down.gone();
  up.gone();
  assert.deepEqual(events, ['over']);
});

test('a connection that breaks breaks the other with a reset', () => {
  for (const first of ['down', 'up'] as const) {
    const { down, up, events } = joined();
    const [broken, other] = first === 'down' ? [down, up] : [up, down];
    broken.gone('ECONNRESET');
    assert.equal(other.destroyed, 'rst');
    other.gone();
    assert.deepEqual(events, [`${first} broken`, 'over']);
  }
});

test('a reset after FIN is still a reset', () => {
  const { down, up, events } = joined();
  down.fin();
  down.gone('EPIPE');
  assert.equal(up.destroyed, 'rst');
  up.gone();
  assert.deepEqual(events, ['down broken', 'over']);
});

test('when it is destroyed both connections go', () => {
  const { down, up, events, tunnel } = joined();
  tunnel.destroy(false);
  assert.deepEqual([down.destroyed, up.destroyed], ['fin', 'fin']);
  down.gone();
  up.gone();
  assert.equal(events.at(-1), 'over');
});
