import assert from 'node:assert/strict';
import type net from 'node:net';
import process from 'node:process';
import { test } from 'node:test';
import type { Piece } from '../../../sidecar/core/plan/delta.ts';
import { ROW } from '../../../sidecar/core/slots.ts';
import { deafPort, rawBackend } from '../../support/backend.ts';
import { unlimited } from '../../support/cluster.ts';
import { clusterPieces, WorkerUnderTest } from '../../support/data-path.ts';
import { eventually } from '../../support/eventually.ts';
import { RawClient } from '../../support/http-call.ts';

const sockets = (): number => process.getActiveResourcesInfo().filter((each) => /Socket|TCP/.test(each)).length;
const anyone = { destinationPort: 0, serverNames: [], transportProtocol: '', applicationProtocols: [] } as const;

/** A listener that looks for TLS, with a TCP proxy that spreads over the clusters. */
const listener = (clusters: readonly string[]): Piece => ({
  kind: 'listener',
  name: 'web',
  value: {
    name: 'web',
    address: '127.0.0.1',
    port: 0,
    direction: 'outbound',
    chains: [
      {
        name: '',
        match: { ...anyone, transportProtocol: 'raw_buffer' },
        tls: null,
        filter: {
          kind: 'tcp',
          tcp: {
            statPrefix: 'tcp',
            clusters: clusters.map((name) => ({ name, weight: 1 })),
            idleTimeout: 300,
            maxConnectAttempts: 2,
            accessLogs: [],
          },
        },
      },
    ],
    defaultChain: null,
    sniff: { tls: true, http: false, timeout: 50, continueOnTimeout: true },
  },
});

test('after thousands of streams that end in every way nothing is left: slots, timers, sockets', async (t) => {
  const resets = (socket: net.Socket): void => {
    socket.on('data', () => socket.resetAndDestroy());
  };
  const echo = await rawBackend(t, (socket) => socket.pipe(socket));
  const rude = await rawBackend(t, resets);
  const first = await rawBackend(t, (socket) => socket.end('220 hello and goodbye\r\n'));
  const silent = await rawBackend(t, (socket) => socket.resume());
  const clusters: Record<string, number[]> = {
    echo: [echo.port],
    rude: [rude.port],
    first: [first.port],
    silent: [silent.port],
    dead: [await deafPort(), echo.port],
    none: [],
    tight: [echo.port],
  };
  const names = [...Object.keys(clusters), 'missing'];
  const pieces = Object.entries(clusters).flatMap(([name, ports], at) =>
    clusterPieces(name, at * 3, ports, {
      connectTimeout: 200,
      limits: name === 'tight' ? { ...unlimited, maxConnections: 2 } : unlimited,
    }),
  );
  const worker = new WorkerUnderTest(t, [...pieces, listener(names)]);
  const before = sockets();
  const kinds: (() => Promise<void>)[] = [
    () => talk('ping', (client) => client.socket.end()),
    () => talk('x'.repeat(200_000), (client) => client.socket.end()),
    () => talk('ping', (client) => client.socket.resetAndDestroy()),
    () => talk('', (client) => client.socket.end()),
    () => talk('', (client) => client.socket.resetAndDestroy()),
    () => talk('\x16\x03\x01\x00', (client) => client.close()),
    () => talk('ping', () => {}),
  ];
  let begun = 0;
  async function talk(text: string, leave: (client: RawClient) => void): Promise<void> {
    const client = await RawClient.connect(worker.port);
    if (text !== '') client.write(text);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    leave(client);
    await eventually(() => client.ended || client.socket.destroyed, 10_000);
    client.close();
  }
  const caller = async (): Promise<void> => {
    while (begun < 2000) {
      begun += 1;
      await kinds[begun % kinds.length]?.();
    }
  };
  await Promise.all(Array.from({ length: 50 }, caller));
  await eventually(() => worker.path.census().downstream === 0, 10_000);
  await eventually(() => worker.path.census().timers === 0, 10_000);
  for (const cell of [ROW.active, ROW.connections]) assert.equal(worker.sum(cell), 0);
  // Servers that do not end what their clients have ended.
  for (const backend of [echo, rude, first, silent]) backend.disconnect();
  await eventually(() => {
    if (sockets() > before) throw new Error(`${sockets() - before} sockets`);
    return true;
  }, 10_000);
});
