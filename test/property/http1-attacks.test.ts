import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { test } from 'node:test';
import { type Attacks, REQUEST_ATTACKS, RESPONSE_ATTACKS } from '../support/http1/attacks.ts';
import { nodeReads } from '../support/http1/node-reads.ts';
import { Relay } from '../support/http1/relay.ts';
import { answer, ServerBench, serve } from '../support/http1-observed.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const CANARY = 'GET /canary HTTP/1.1\r\nHost: a\r\n\r\n';
const total = (list: readonly Attacks[]): number => list.reduce((sum, { messages }) => sum + messages.length, 0);
const lf = (text: string): string => JSON.stringify(text.length > 300 ? `${text.slice(0, 300)}...` : text);

test('there are at least 40 categories of attacks on requests and 300 messages', () => {
  assert.ok(
    REQUEST_ATTACKS.length >= 40 && total(REQUEST_ATTACKS) >= 300,
    `${REQUEST_ATTACKS.length}, ${total(REQUEST_ATTACKS)}`,
  );
  assert.ok(
    RESPONSE_ATTACKS.length >= 15 && total(RESPONSE_ATTACKS) >= 150,
    `${RESPONSE_ATTACKS.length}, ${total(RESPONSE_ATTACKS)}`,
  );
});

for (const { category, messages } of REQUEST_ATTACKS) {
  test(`requests, ${category}: behind stands what was seen in front, and the canary gets its own answer`, async () => {
    for (const message of messages) {
      const bytes = message + CANARY;
      const relay = new Relay(({ path }) => ({
        bytes: path === '/canary' ? OK.replace('\r\n\r\n', '\r\nX-Canary: 1\r\n\r\n') : OK,
      }));
      const bench = new ServerBench(relay);
      bench.receive(bytes);
      relay.settle();

      // What another reader finds behind is what we forwarded, request by request.
      const behind = relay.forwarded.map((each) => each.bytes).join('');
      const ours = relay.forwarded.map(({ method, path }) => ({ method, path }));
      const again = serve(behind, []).seen.map(({ method, path }) => ({ method, path }));
      assert.deepEqual(again, ours, lf(message));
      if (ours.every(({ method }) => METHODS.includes(method))) {
        const theirs = (await nodeReads(behind)).map(({ method, path }) => ({ method, path }));
        assert.deepEqual(theirs, ours, lf(message));
      }

      // One answer for each, and one for what was refused; nothing after that.
      const answers = [...bench.wire.output.matchAll(/^HTTP\/1\.1 (\d+)/gm)].filter((each) => Number(each[1]) >= 200);
      assert.equal(
        answers.length,
        ours.length + (bench.refused.length > 0 || answers.at(-1)?.[1]?.startsWith('4') ? 1 : 0),
        lf(message),
      );
      const canaries = ours.filter(({ path }) => path === '/canary').length;
      assert.equal(bench.wire.output.split('X-Canary').length - 1, canaries, lf(message));
      if (canaries === 0) assert.ok(bench.wire.over || !bench.session.idle, `the canary is lost: ${lf(message)}`);

      const whole = serve(bytes, []);
      for (const cuts of [[...bytes.slice(1)].map((_, at) => at + 1), [message.length], [message.length - 1]]) {
        assert.deepEqual(serve(bytes, cuts), whole, lf(message));
      }
    }
  });
}

for (const { category, messages } of RESPONSE_ATTACKS) {
  test(`responses, ${category}: the next request gets its own answer or none`, () => {
    for (const message of messages) {
      for (const method of ['GET', 'HEAD']) {
        for (const fin of [true, false]) {
          const relay = new Relay(({ path }) => {
            if (path === '/second')
              return { bytes: 'HTTP/1.1 200 OK\r\nX-Second: 1\r\nContent-Length: 6\r\n\r\nsecond' };
            return { bytes: message, fin };
          });
          const bench = new ServerBench(relay);
          bench.receive(`${method} /first HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n`);
          relay.settle();

          const first = answer(method, bench.wire.output, []);
          const what = `${method} ${lf(message)} gave ${lf(bench.wire.output)}`;
          assert.ok(
            (!first.end.startsWith('protocol') && first.status !== 0) || bench.wire.over || !bench.session.idle,
            what,
          );
          const at = bench.wire.output.indexOf('X-Second');
          if (at < 0 && fin && bench.wire.output.endsWith('502 Bad Gateway\r\ncontent-length: 0\r\n\r\n')) {
            // The connection was taken for the second request just before its FIN came.
            assert.equal(relay.forwarded.length, 2, what);
          } else if (relay.forwarded.length === 2) {
            assert.ok(at > 0, what);
            const start = bench.wire.output.lastIndexOf('HTTP/1.1 200', at);
            const second = answer('GET', bench.wire.output.slice(start), []);
            assert.deepEqual([second.body, second.end, second.connection], ['second', 'whole', 'idle'], what);
            // The first answer ends exactly where the second begins.
            const alone = answer(method, bench.wire.output.slice(0, start), []);
            assert.deepEqual([alone.end, alone.connection], ['whole', 'idle'], what);
            assert.ok(!alone.headers.some((line) => line.startsWith('X-False')), what);
          } else assert.ok(at < 0 && (bench.wire.over || !bench.session.idle), what);
          const cut = [...message.slice(1)].map((_, byte) => byte + 1);
          assert.deepEqual(answer(method, message, cut, fin), answer(method, message, [], fin), what);
        }
      }
    }
  });
}
