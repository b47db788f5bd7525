import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { bootstrap, cluster, forward, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { END_STREAM, type Frame, headers } from '../../support/http2/frames.ts';
import { type Script, type ScriptedServer, scriptedServer } from '../../support/http2/scripted-server.ts';
import { speaksHttp2 } from '../../support/http2/towards.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';

const ok = (id: number, ...more: string[]): Buffer => headers(id, END_STREAM, ':status', '200', ...more);

const answers: Script = { onRequest: (peer, id) => peer.send(ok(id)) };

async function scene(
  t: TestContext,
  options: Json,
  script: Script = answers,
): Promise<{ server: ScriptedServer; sidecar: Sidecar; frames(): readonly Frame[] }> {
  const server = await scriptedServer(t, script);
  const routes = [forward('cart', { timeout: '0s' })];
  const upstream = cluster('cart', [server.port], speaksHttp2(options));
  const sidecar = await startSidecar(t, bootstrap([httpListener({ routes })], [upstream]));
  return { server, sidecar, frames: () => server.peers[0]?.frames ?? [] };
}

/** Settings by number, of the first SETTINGS that came. */
function settingsIn(frames: readonly Frame[]): Map<number, number> {
  const payload = frames.find((each) => each.type === 'SETTINGS')?.payload ?? Buffer.alloc(0);
  const all = new Map<number, number>();
  for (let at = 0; at < payload.length; at += 6) all.set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
  return all;
}

const pings = (frames: readonly Frame[]): number => frames.filter((each) => each.type === 'PING').length;

test('windows and table sizes are those of the cluster', async (t) => {
  const { frames, sidecar } = await scene(t, {
    hpack_table_size: 0,
    initial_stream_window_size: 100_000,
    initial_connection_window_size: 200_000,
  });
  for (let nth = 0; nth < 4; nth += 1) assert.equal((await call(sidecar.port(), { path: '/' })).status, 200);
  const told = settingsIn(frames());
  assert.deepEqual([told.get(1), told.get(4)], [0, 100_000]);
  const update = frames().find((each) => each.type === 'WINDOW_UPDATE');
  assert.deepEqual([update?.id, update?.payload.readUInt32BE(0)], [0, 200_000 - 65_535]);
  // No table: the same field costs the same in every block.
  const sizes = frames()
    .filter((each) => each.type === 'HEADERS')
    .map((each) => each.payload.length);
  assert.equal(sizes[3], sizes[2]);
  assert.equal((frames().find((each) => each.type === 'HEADERS')?.payload[0] ?? 0) & 0xff, 0x20);
});

test('larger tables serve both ways', async (t) => {
  const text = 'x'.repeat(900);
  const { frames, sidecar } = await scene(
    t,
    { hpack_table_size: 65_536 },
    { settings: [1, 65_536], tableBytes: 65_536, onRequest: (peer, id) => peer.send(ok(id)) },
  );
  const heads = Array.from({ length: 12 }, (_, nth) => [`x-${nth}`, `${nth}${text}`]);
  for (let nth = 0; nth < 4; nth += 1) {
    assert.equal((await call(sidecar.port(), { path: '/', headers: Object.fromEntries(heads) })).status, 200);
  }
  const sizes = frames()
    .filter((each) => each.type === 'HEADERS')
    .map((each) => each.payload.length);
  assert.equal(settingsIn(frames()).get(1), 65_536);
  assert.ok((sizes[3] ?? 0) < 500, `12 fields of 900 bytes took ${sizes} bytes`);
});

test('no more streams than the cluster says are sent on one connection, whatever the server allows', async (t) => {
  const waiting: (() => void)[] = [];
  const { server, sidecar } = await scene(
    t,
    { max_concurrent_streams: 2 },
    { onRequest: (peer, id) => waiting.push(() => peer.send(ok(id))) },
  );
  const all = Array.from({ length: 6 }, () => call(sidecar.port(), { path: '/' }));
  await eventually(() => waiting.length === 6);
  assert.equal(server.peers.length, 3);
  for (const answer of waiting) answer();
  for (const each of await Promise.all(all)) assert.equal(each.status, 200);
});

test('a connection is kept alive by PING, and one that answers is kept', async (t) => {
  const { frames, server, sidecar } = await scene(t, { connection_keepalive: { interval: '0.1s', timeout: '5s' } });
  assert.equal((await call(sidecar.port(), { path: '/' })).status, 200);
  await eventually(() => pings(frames()) >= 3);
  assert.equal((await call(sidecar.port(), { path: '/' })).status, 200);
  assert.equal(server.peers.length, 1);
});

test('a server that has gone silent is found by PING: what waits for it fails, and the next request goes elsewhere', async (t) => {
  let silent = true;
  const { server, sidecar } = await scene(
    t,
    { connection_keepalive: { interval: '0.2s', timeout: '0.3s' } },
    {
      deaf: true,
      onRequest: (peer, id) => {
        if (!silent) peer.send(ok(id));
      },
    },
  );
  const began = performance.now();
  const answer = await call(sidecar.port(), { path: '/' });
  assert.equal(answer.status, 503);
  assert.ok(performance.now() - began < 5000);
  silent = false;
  assert.equal((await call(sidecar.port(), { path: '/' })).status, 200);
  assert.equal(server.peers.length, 2);
  // The second is as deaf, and may have been given up as well.
  assert.ok((await sidecar.stat('cluster.cart.http2.keepalive_timeout')) >= 1);
});

test('a request after a silence sends a PING ahead', async (t) => {
  const { frames, sidecar } = await scene(t, {
    connection_keepalive: { connection_idle_interval: '0.2s', timeout: '1s' },
  });
  assert.equal((await call(sidecar.port(), { path: '/' })).status, 200);
  assert.equal(pings(frames()), 0);
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(pings(frames()), 0);
  assert.equal((await call(sidecar.port(), { path: '/' })).status, 200);
  const order = frames().map((each) => each.type);
  assert.ok(order.lastIndexOf('PING') < order.lastIndexOf('HEADERS') && pings(frames()) === 1, order.join(' '));
});
