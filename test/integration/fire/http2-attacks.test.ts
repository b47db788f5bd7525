/** What a peer of HTTP/2 can do to a running sidecar: it has to end that connection, hold nothing for it, and serve others as before. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { timeOf, usageOf } from '../../bench/cpu.ts';
import { median } from '../../bench/result.ts';
import { type Backend, httpBackend, rawBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener, type Json } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { Crowd } from '../../support/fire/crowd.ts';
import { call } from '../../support/http-call.ts';
import { Attacker } from '../../support/http2/attacker.ts';
import {
  data,
  END_HEADERS,
  END_STREAM,
  frame,
  GET,
  get,
  headers,
  literals,
  POST,
  ping,
  rst,
  settings,
  settingsAck,
  TYPE,
  windowUpdate,
} from '../../support/http2/frames.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';

const CALM = 11;
const MEBIBYTE = 2 ** 20;
const id = (at: number): number => at * 2 + 1;

/** Answered by the sidecar itself. */
const here: Json = { match: { path: '/here' }, direct_response: { status: 200, body: { inline_string: 'here' } } };
const large = Buffer.alloc(4 * MEBIBYTE, 'x');

interface Scene {
  readonly sidecar: Sidecar;
  readonly port: number;
  readonly well: Backend;
  /** Bytes of memory that the process holds. */
  memory(): number;
}

async function scene(t: TestContext, manager: Json = {}): Promise<Scene> {
  const well = await httpBackend(t, (request, response) => {
    request.resume();
    if (request.url === '/large') response.end(large);
    else response.end('well');
  });
  const sidecar = await startSidecar(
    t,
    bootstrap([httpListener({ manager, routes: [here, forward('cart')] })], [cluster('cart', [well.port])]),
    '--concurrency',
    '1',
  );
  assert.equal((await call(sidecar.port())).body, 'well');
  return { sidecar, port: sidecar.port(), well, memory: () => usageOf(sidecar.child.pid ?? 0).memory };
}

/** After an attack: others are served, nothing is under way, no worker died. */
async function unharmed({ sidecar, port }: Scene): Promise<void> {
  assert.equal((await call(port)).body, 'well');
  assert.doesNotMatch(sidecar.log, /worker failed|worker died/);
  await sidecar.statBecomes('http.web.downstream_rq_active', 0);
  await sidecar.statBecomes('cluster.cart.upstream_rq_active', 0);
}

/** Milliseconds that the slowest of a hundred calls of others takes, by a process of its own and with nothing behind the sidecar. */
async function p99(crowd: Crowd): Promise<number> {
  const answered = await crowd.tell<Record<string, { readonly p99: number }>>('rate 200 1');
  assert.deepEqual(Object.keys(answered).sort(), ['200', 'late']);
  return answered['200']?.p99 ?? Number.NaN;
}

/** Opens and resets streams at a steady rate, on another connection whenever one was ended. */
class RapidReset {
  sent = 0;
  connections = 0;
  readonly #port: number;
  #attacker: Attacker | null = null;
  #from = 0;

  constructor(port: number) {
    this.#port = port;
  }

  async go(streams: number, ms: number): Promise<void> {
    const [started, before] = [performance.now(), this.sent];
    while (this.sent < before + streams) {
      const attacker = await this.#standing();
      const due = Math.min(streams, ((performance.now() - started) / ms) * streams);
      const frames: Buffer[] = [];
      for (; this.sent < before + due; this.sent += 1) {
        const stream = id(this.sent - this.#from);
        frames.push(get(stream), rst(stream, 8));
      }
      if (frames.length > 0) attacker.send(...frames);
      await sleep(5);
    }
  }

  close(): void {
    this.#attacker?.close();
  }

  async #standing(): Promise<Attacker> {
    const { over = true, code = -1 } = this.#attacker ?? {};
    if (this.#attacker !== null && !over && code < 0) return this.#attacker;
    this.close();
    this.#attacker = await Attacker.connect(this.#port);
    this.connections += 1;
    this.#from = this.sent;
    return this.#attacker;
  }
}

test('CVE-2023-44487: 100,000 streams opened and reset in 10 s take less than a fifth of a core, and others hardly wait', async (t) => {
  const place = await scene(t);
  const crowd = new Crowd(t, place.port, '/here', 500);
  const attack = new RapidReset(place.port);
  t.after(() => attack.close());
  const pid = place.sidecar.child.pid ?? 0;
  const cpu = (): number => usageOf(pid).cpu;
  await p99(crowd);
  const [start, waitedBefore] = [performance.now(), timeOf(pid).waited];
  // Seconds of quiet and of attack take turns, since what else runs on this machine changes all the time.
  const [quiet, attacked]: [number[], number[]] = [[], []];
  let [own, theirs] = [0, 0];
  for (let round = 0; round < 10; round += 1) {
    const begun = cpu();
    quiet.push(await p99(crowd));
    const between = cpu();
    const [slow] = await Promise.all([p99(crowd), attack.go(10_000, 1_000)]);
    attacked.push(slow);
    own += between - begun;
    theirs += cpu() - between;
  }
  const [before, during] = [median(quiet), median(attacked)];
  const share = (theirs - own) / 10;
  const waited = (timeOf(pid).waited - waitedBefore) / 1e6 / (performance.now() - start);
  t.diagnostic(
    `${attack.connections} connections, ${(share * 100).toFixed(1)} % of a core; p99 ${before.toFixed(1)} -> ${during.toFixed(1)} ms`,
  );
  assert.equal(attack.sent, 100_000);
  assert.ok(attack.connections > 20, `${attack.connections}`);
  assert.ok(share < 0.2, `${share}`);
  await unharmed(place);
  if (during <= 2 * before + 5) return;
  const latency = `${before.toFixed(1)} -> ${during.toFixed(1)} ms`;
  // Who waits for a core waits for others of this machine.
  if (waited > 0.05) t.skip(`too busy to tell: no core for ${(100 * waited).toFixed(0)} % of the time; ${latency}`);
  else assert.fail(latency);
});

const ATTACKS: readonly [what: string, most: number, make: (at: number) => Buffer, code?: number][] = [
  [
    'CVE-2025-8671: window updates of 0',
    5_000,
    (at) => Buffer.concat([headers(id(at), 0, ...POST), windowUpdate(id(at), 0)]),
  ],
  [
    'CVE-2025-8671: windows that overflow',
    5_000,
    (at) => Buffer.concat([headers(id(at), 0, ...POST), windowUpdate(id(at), 0x7fffffff)]),
  ],
  ['CVE-2025-8671: DATA after the end', 5_000, (at) => Buffer.concat([get(id(at)), data(id(at), 'x')])],
  ['CVE-2025-8671: HEADERS after the end', 5_000, (at) => Buffer.concat([get(id(at)), get(id(at))])],
  [
    'CVE-2025-8671: PRIORITY of a wrong size',
    5_000,
    (at) => Buffer.concat([get(id(at)), frame(TYPE.PRIORITY, 0, id(at), 'abc')]),
  ],
  [
    'CVE-2025-8671: more body than was announced',
    5_000,
    (at) => Buffer.concat([headers(id(at), 0, ...POST, 'content-length', '1'), data(id(at), 'xy')]),
  ],
  ['CVE-2025-8671: malformed requests', 5_000, (at) => headers(id(at), END_STREAM, 'x', 'y')],
  ['SETTINGS', 100_000, () => settings(4, 70_000)],
  ['PING', 100_000, () => ping()],
  ['PRIORITY', 100_000, () => frame(TYPE.PRIORITY, 0, 7, '\0\0\0\0\x10')],
  ['frames of unknown types', 100_000, () => frame(0xee, 0, 0)],
  ['WINDOW_UPDATE', 200_000, () => windowUpdate(0, 1)],
  ['empty DATA', 100_000, (at) => (at === 0 ? headers(1, 0, ...POST) : data(1, ''))],
  [
    'empty CONTINUATION',
    100_000,
    (at) => (at === 0 ? frame(TYPE.HEADERS, END_STREAM, 1, literals(...GET)) : frame(TYPE.CONTINUATION, 0, 1)),
  ],
];

describe('floods by a client', () => {
  for (const [what, most, make] of ATTACKS) {
    test(`${what}: the connection ends by ENHANCE_YOUR_CALM`, async (t) => {
      const place = await scene(t);
      const before = place.memory();
      const attacker = await Attacker.connect(place.port);
      t.after(() => attacker.close());
      const sent = await attacker.flood(most, make);
      await attacker.ended();
      assert.ok(sent < most, `${sent} were taken`);
      // What the client had on its way when the connection was closed may reset it before it reads why.
      assert.ok(attacker.code === CALM || attacker.code === -1, `GOAWAY ${attacker.code}`);
      assert.ok(place.memory() - before < 48 * MEBIBYTE, `${(place.memory() - before) / MEBIBYTE} MiB`);
      await unharmed(place);
    });
  }
});

test('CVE-2024-27316: of 64 MiB of CONTINUATION next to nothing is held, on ten connections', async (t) => {
  const place = await scene(t);
  const before = place.memory();
  const piece = frame(TYPE.CONTINUATION, 0, 1, Buffer.alloc(16_384, 'x'));
  const attackers = await Promise.all(Array.from({ length: 10 }, () => Attacker.connect(place.port)));
  t.after(() => {
    for (const each of attackers) each.close();
  });
  await Promise.all(
    attackers.map(async (each) => {
      each.send(frame(TYPE.HEADERS, END_STREAM, 1, literals(...GET)));
      const sent = await each.flood(4_096, () => piece);
      assert.ok(sent < 4_096, `${sent} of them were taken`);
      await each.ended();
    }),
  );
  assert.ok(place.memory() - before < 48 * MEBIBYTE, `${(place.memory() - before) / MEBIBYTE} MiB`);
  await unharmed(place);
});

test('HPACK bomb: blocks of 16 KiB that stand for 46 MiB each are refused one by one', async (t) => {
  const place = await scene(t);
  const before = place.memory();
  const entry = Buffer.concat([Buffer.from([0x40]), literals('x', 'v'.repeat(3_900)).subarray(1)]);
  const bomb = Buffer.concat([literals(...GET), entry, Buffer.alloc(12_000, 0xbe)]);
  const attacker = await Attacker.connect(place.port);
  t.after(() => attacker.close());
  await attacker.flood(200, (at) => frame(TYPE.HEADERS, END_HEADERS | END_STREAM, id(at), bomb));
  await eventually(async () => (await place.sidecar.stat('http.web.downstream_rq_4xx')) === 200);
  assert.equal(place.well.requests, 1);
  assert.ok(place.memory() - before < 48 * MEBIBYTE, `${(place.memory() - before) / MEBIBYTE} MiB`);
  await unharmed(place);
});

test('zero windows: streams whose reader waits hold at most a window each, and are given up in time', async (t) => {
  const place = await scene(t, { stream_idle_timeout: '3s' });
  const streams = 100;
  const before = place.memory();
  const attacker = await Attacker.connect(place.port, settings(4, 0));
  t.after(() => attacker.close());
  const large = GET.map((each) => (each === '/' ? '/large' : each));
  attacker.send(...Array.from({ length: streams }, (_, at) => headers(id(at), END_STREAM, ...large)));
  await eventually(async () => (await place.sidecar.stat('cluster.cart.upstream_rq_active')) === streams);
  await sleep(1_000);
  const held = (place.memory() - before) / MEBIBYTE;
  t.diagnostic(`${held.toFixed(1)} MiB for ${streams} streams`);
  assert.ok(held < 64, `${held} MiB`);
  assert.equal((await call(place.port)).body, 'well');
  await eventually(() => attacker.resets === streams, 15_000);
  await unharmed(place);
});

test('a client that reads nothing at all, but asks and pings on, is stopped', async (t) => {
  const place = await scene(t, { stream_idle_timeout: '3s' });
  const before = place.memory();
  const attacker = await Attacker.connect(place.port, settings(4, 2 ** 31 - 1), false);
  t.after(() => attacker.close());
  attacker.socket.pause();
  attacker.send(windowUpdate(0, 2 ** 31 - 65_536));
  const large = GET.map((each) => (each === '/' ? '/large' : each));
  void attacker.flood(20_000, (at) => (at < 100 ? headers(id(at), END_STREAM, ...large) : ping()));
  await sleep(2_000);
  assert.ok(place.memory() - before < 96 * MEBIBYTE, `${(place.memory() - before) / MEBIBYTE} MiB`);
  attacker.close();
  await unharmed(place);
});

/** What an endpoint does to a sidecar that speaks HTTP/2 to it: after its SETTINGS, on the first stream. */
const UPSTREAM_ATTACKS: readonly [what: string, most: number, make: (at: number) => Buffer][] = [
  ['SETTINGS', 100_000, () => settings(4, 70_000)],
  ['PING', 100_000, () => ping()],
  ['empty DATA', 100_000, (at) => (at === 0 ? headers(1, 0, ':status', '200') : data(1, ''))],
  ['informational responses', 100_000, () => headers(1, 0, ':status', '103')],
  [
    'CONTINUATION',
    4_096,
    (at) =>
      at === 0
        ? frame(TYPE.HEADERS, 0, 1, literals(':status', '200'))
        : frame(TYPE.CONTINUATION, 0, 1, Buffer.alloc(16_384, 'x')),
  ],
  ['RST_STREAM of streams that are over', 100_000, () => rst(1, 8)],
  ['WINDOW_UPDATE', 200_000, () => windowUpdate(0, 1)],
  [
    'an HPACK bomb',
    1,
    () => {
      const entry = Buffer.concat([Buffer.from([0x40]), literals('x', 'v'.repeat(3_900)).subarray(1)]);
      return frame(
        TYPE.HEADERS,
        END_HEADERS,
        1,
        Buffer.concat([literals(':status', '200'), entry, Buffer.alloc(12_000, 0xbe)]),
      );
    },
  ],
];

const speaksHttp2: Json = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

describe('floods by an endpoint', () => {
  for (const [what, most, make] of UPSTREAM_ATTACKS) {
    test(`${what}: the request fails or ends, and others are served`, async (t) => {
      const well = await httpBackend(t, (_request, response) => response.end('well'));
      const mad = await rawBackend(t, (socket) => {
        socket.once('data', () => {
          socket.write(Buffer.concat([settings(), settingsAck()]));
          // The second read brings the request.
          socket.once('data', () => {
            let sent = 0;
            const pump = (): void => {
              for (; sent < most && !socket.destroyed; ) {
                const batch: Buffer[] = [];
                for (; batch.length < 50 && sent < most; sent += 1) batch.push(make(sent));
                if (!socket.write(Buffer.concat(batch))) return void socket.once('drain', pump);
              }
            };
            pump();
          });
        });
        socket.on('end', () => socket.end());
      });
      const sidecar = await startSidecar(
        t,
        bootstrap(
          [
            httpListener({
              routes: [forward('mad', { timeout: '3s' }, { match: { prefix: '/mad' } }), forward('cart')],
            }),
          ],
          [cluster('cart', [well.port]), cluster('mad', [mad.port], speaksHttp2)],
        ),
        '--concurrency',
        '1',
      );
      const memory = (): number => usageOf(sidecar.child.pid ?? 0).memory;
      assert.equal((await call(sidecar.port())).body, 'well');
      const before = memory();
      const { status, truncated } = await call(sidecar.port(), { path: '/mad' });
      assert.ok(status >= 502 || truncated, `${status}`);
      assert.ok(memory() - before < 48 * MEBIBYTE, `${(memory() - before) / MEBIBYTE} MiB`);
      assert.equal((await call(sidecar.port())).body, 'well');
      assert.doesNotMatch(sidecar.log, /worker failed|worker died/);
      await sidecar.statBecomes('cluster.mad.upstream_rq_active', 0);
    });
  }
});
