import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { httpBackend, rawBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener } from '../../support/bootstrap.ts';
import { call } from '../../support/http-call.ts';
import { REQUEST_ATTACKS, RESPONSE_ATTACKS } from '../../support/http1/attacks.ts';
import { REQUEST_MESSAGES } from '../../support/http1/request-messages.ts';
import { RESPONSE_MESSAGES } from '../../support/http1/response-messages.ts';
import { startSidecar } from '../../support/sidecar.ts';

const REQUESTS = [
  ...REQUEST_MESSAGES.map(({ bytes }) => bytes),
  ...REQUEST_ATTACKS.flatMap(({ messages }) => messages),
];
const RESPONSES = [
  ...RESPONSE_MESSAGES.map(({ bytes }) => bytes),
  ...RESPONSE_ATTACKS.flatMap(({ messages }) => messages),
];
const AT_ONCE = 20;

/** Says something in two parts, and goes when the other side does, or has said nothing more for a moment. */
function talk(port: number, text: string, cut: number): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    const gone = setTimeout(() => socket.resetAndDestroy(), 300);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      gone.refresh();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(gone);
      resolve(received);
    });
    socket.write(text.slice(0, cut), 'latin1', () => setImmediate(() => socket.write(text.slice(cut), 'latin1')));
  });
}

async function each<T>(list: readonly T[], act: (one: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < list.length; at = next++) await act(list[at] as T, at);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

test('whatever clients and upstreams send, the sidecar lives, and nothing of it stays', {
  timeout: 120_000,
}, async (t) => {
  const well = await httpBackend(t, (request, response) => {
    request.resume();
    response.end('well');
  });
  const strange = await rawBackend(t, (socket) => {
    socket.on('data', (chunk) => {
      const [, index, going] = /^\S+ \/strange\/(\d+)\/(\w+)/.exec(chunk.toString('latin1')) ?? [];
      socket.write(RESPONSES[Number(index)] ?? '', 'latin1');
      if (going === 'fin') socket.end();
    });
    socket.on('end', () => socket.end());
  });
  const routes = [forward('strange', { timeout: '0.3s' }, { match: { prefix: '/strange' } }), forward('well')];
  const sidecar = await startSidecar(
    t,
    bootstrap([httpListener({ routes })], [cluster('well', [well.port]), cluster('strange', [strange.port])]),
    '--concurrency',
    '1',
  );
  const port = sidecar.port();

  await t.test('clients', async () => {
    await each(REQUESTS, async (text, index) => {
      const answer = await talk(port, text, index % Math.max(1, text.length));
      // Who opens with HTTP/2 is answered in it.
      const right = answer === '' || answer.startsWith('HTTP/1.1 ') || text.startsWith('PRI * HTTP/2.0');
      assert.ok(right, JSON.stringify(text.slice(0, 200)));
    });
  });
  await t.test('upstreams', async () => {
    await each(RESPONSES, async (text, index) => {
      for (const going of ['fin', 'stay']) {
        const { status, error } = await call(port, { path: `/strange/${index}/${going}` });
        // An answer that breaks together with its head is broken off before any of it left.
        assert.ok(status >= 200 || error === 'ECONNRESET', `${JSON.stringify(text.slice(0, 200))}: ${status} ${error}`);
      }
    });
  });

  assert.equal((await call(port)).body, 'well');
  assert.doesNotMatch(sidecar.log, /worker failed|worker died/);
  for (const name of [
    'http.web.downstream_rq_active',
    'http.web.downstream_cx_active',
    'cluster.strange.upstream_rq_active',
  ]) {
    await sidecar.statBecomes(name, 0);
  }
});
