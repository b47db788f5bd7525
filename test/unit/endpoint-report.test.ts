import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../shared/time/virtual-clock.ts';
import { EndpointReport, type HealthSources } from '../../sidecar/assemble/endpoint-report.ts';

interface About {
  cluster: string;
  endpoint: string;
  reason: string;
}

class Bench {
  readonly clock = new VirtualClock();
  readonly sent: unknown[] = [];
  ejected: About[] = [];
  failing: About[] = [];
  open: (About & { state: 'open' | 'half-open' })[] = [];
  readonly report = new EndpointReport(
    {
      ejector: { ejected: () => this.ejected },
      checker: { failing: () => this.failing },
      breakers: { open: () => this.open },
    } as unknown as HealthSources,
    this.clock,
    (health) => this.sent.push(...health),
  );
}

const one = { cluster: 'cart', endpoint: '10.0.0.1:80', reason: 'no answer' };
const whole = { cluster: 'cart', address: '10.0.0.1:80', ejected: false, failed_check: false, breaker: '', reason: '' };

test('what changed is told once, whole, and some changes together', () => {
  const bench = new Bench();
  bench.failing = [one];
  bench.report.changed();
  bench.ejected = [{ ...one, reason: '5 in a row' }];
  bench.report.changed();
  assert.deepEqual(bench.sent, []);
  bench.clock.advance(100);
  const both = { ...whole, ejected: true, failed_check: true, reason: '5 in a row; no answer' };
  assert.deepEqual(bench.sent, [both]);
  bench.report.changed();
  bench.clock.advance(100);
  assert.equal(bench.sent.length, 1, 'nothing new');
  bench.failing = [];
  bench.report.changed();
  bench.clock.advance(100);
  assert.deepEqual(bench.sent.at(-1), { ...whole, ejected: true, reason: '5 in a row' });
  bench.ejected = [];
  bench.report.changed();
  bench.clock.advance(100);
  assert.deepEqual(bench.sent.at(-1), whole);
});

test('a new stream is told all that is not well, and then what changes', () => {
  const bench = new Bench();
  bench.open = [{ cluster: 'cart', endpoint: '', state: 'open', reason: '60 % failed' }];
  const open = { ...whole, address: '', breaker: 'open', reason: '60 % failed' };
  assert.deepEqual(bench.report.whole(), [open]);
  bench.report.changed();
  bench.clock.advance(100);
  assert.deepEqual(bench.sent, []);
  bench.open = [];
  bench.report.changed();
  bench.clock.advance(100);
  assert.deepEqual(bench.sent, [{ ...whole, address: '' }]);
});
