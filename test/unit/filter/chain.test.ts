import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Filter, LocalReply, Verdict } from '../../../sidecar/core/filter.ts';
import { HeaderList } from '../../../sidecar/core/headers.ts';
import { ChainRun } from '../../../sidecar/filter/chain.ts';
import { exchangeOf } from '../../support/exchange.ts';

const reply: LocalReply = { status: 403, flags: 0, detail: 'no' };

/** A filter that writes down what is called, and gives its verdict at once or when `later` is called. */
function recorder(
  name: string,
  verdict: Verdict,
  log: string[],
): Filter & { later: (reply: LocalReply | null) => void } {
  const filter = {
    name,
    later: (_reply: LocalReply | null): void => assert.fail(`${name} was never asked`),
    onRequest(_x: unknown, proceed: (reply: LocalReply | null) => void): Verdict {
      log.push(`${name} request`);
      filter.later = proceed;
      return verdict;
    },
    onResponse(_x: unknown, status: number): void {
      log.push(`${name} response ${status}`);
    },
    onEnd(): void {
      log.push(`${name} end`);
    },
  };
  return filter;
}

test('filters see the request in order, the response in reverse, and the end once', () => {
  const log: string[] = [];
  const run = new ChainRun([recorder('a', null, log), recorder('b', null, log)], exchangeOf(), (verdict) => {
    log.push(`done ${verdict?.status ?? 'ok'}`);
  });
  run.start();
  run.response(200, HeaderList.of());
  run.end();
  run.end();
  assert.deepEqual(log, ['a request', 'b request', 'done ok', 'b response 200', 'a response 200', 'b end', 'a end']);
});

test('a reply stops the chain, and filters behind it hear nothing', () => {
  const log: string[] = [];
  const run = new ChainRun([recorder('a', reply, log), recorder('b', null, log)], exchangeOf(), (verdict) => {
    log.push(`done ${verdict?.status}`);
  });
  run.start();
  run.response(403, HeaderList.of());
  run.end();
  assert.deepEqual(log, ['a request', 'done 403', 'a response 403', 'a end']);
});

test('a pause goes on when the filter says so, with the next filter or with a reply', () => {
  for (const verdict of [null, reply]) {
    const log: string[] = [];
    const first = recorder('a', 'pause', log);
    const run = new ChainRun([first, recorder('b', null, log)], exchangeOf(), (done) =>
      log.push(`done ${done?.status}`),
    );
    run.start();
    assert.deepEqual(log, ['a request']);
    first.later(verdict);
    first.later(verdict);
    run.end();
    const expected = verdict ? ['done 403', 'a end'] : ['b request', 'done undefined', 'b end', 'a end'];
    assert.deepEqual(log.slice(1), expected);
  }
});

test('a run that was ended hears nothing any more of the filter that paused it', () => {
  const log: string[] = [];
  const first = recorder('a', 'pause', log);
  const run = new ChainRun([first], exchangeOf(), () => assert.fail('ended'));
  run.start();
  run.end();
  first.later(null);
  run.response(200, HeaderList.of());
  assert.deepEqual(log, ['a request', 'a end']);
});

test('whatever filters do, each that began is ended exactly once and the run is done at most once', () => {
  const action = fc.constantFrom('pass', 'reply', 'pause', 'proceed at once', 'end');
  fc.assert(
    fc.property(fc.array(action, { maxLength: 5 }), fc.array(fc.boolean(), { maxLength: 5 }), (actions, answers) => {
      const [began, ended] = [new Map<number, number>(), new Map<number, number>()];
      const paused: ((reply: LocalReply | null) => void)[] = [];
      let done = 0;
      const filters = actions.map(
        (each, at): Filter => ({
          name: each,
          onRequest(_x, proceed) {
            began.set(at, (began.get(at) ?? 0) + 1);
            if (each === 'reply') return reply;
            if (each === 'pause') paused.push(proceed);
            if (each === 'proceed at once') proceed(null);
            if (each === 'end') run.end();
            return each === 'pass' || each === 'end' ? null : 'pause';
          },
          onEnd() {
            ended.set(at, (ended.get(at) ?? 0) + 1);
          },
        }),
      );
      const run = new ChainRun(filters, exchangeOf(), () => {
        done += 1;
      });
      run.start();
      for (const answer of answers) paused.shift()?.(answer ? null : reply);
      run.end();
      run.end();
      for (const late of paused) late(null);
      assert.ok(done <= 1);
      assert.deepEqual([...began.keys()].sort(), [...ended.keys()].sort());
      for (const count of [...began.values(), ...ended.values()]) assert.equal(count, 1);
    }),
  );
});

test('a filter that the route disables sees nothing of the request', () => {
  const log: string[] = [];
  const x = exchangeOf();
  x.filterConfig = { b: 'disabled', c: 'enabled' };
  const filters = ['a', 'b', 'c'].map((name) => recorder(name, null, log));
  const run = new ChainRun(filters, x, () => log.push('done'));
  run.start();
  run.response(200, HeaderList.of());
  run.end();
  assert.deepEqual(log, ['a request', 'c request', 'done', 'c response 200', 'a response 200', 'c end', 'a end']);
});
