import net from 'node:net';
import type { TestContext } from 'node:test';
import type { ClusterPlan } from '../../sidecar/core/plan/cluster.ts';
import type { Piece, PieceName } from '../../sidecar/core/plan/delta.ts';
import type { HttpManagerPlan } from '../../sidecar/core/plan/http-manager.ts';
import type { ListenerPlan } from '../../sidecar/core/plan/listener.ts';
import type { RoutePlan } from '../../sidecar/core/plan/route.ts';
import type { TcpProxyPlan } from '../../sidecar/core/plan/tcp-proxy.ts';
import { pageBytes, SlotTable } from '../../sidecar/core/slots.ts';
import { STICK_TABLE_BYTES } from '../../sidecar/core/stick-table.ts';
import { DataPath } from '../../sidecar/worker/data-path.ts';
import type { FromWorker } from '../../sidecar/worker/protocol.ts';
import { clusterPlan } from './cluster.ts';
import { hostPlan, routeConfigPlan } from './route-plan.ts';

export function managerPlan(over: Partial<HttpManagerPlan> = {}): HttpManagerPlan {
  return {
    statPrefix: 'web',
    routeConfig: 'web',
    filters: [],
    accessLogs: [],
    useRemoteAddress: false,
    xffTrustedHops: 0,
    generateRequestId: true,
    preserveExternalRequestId: false,
    via: '',
    serverName: '',
    stripPort: 'none',
    acceptHttp10: false,
    upgrades: [],
    connect: false,
    codec: 'auto',
    http2: {
      maxConcurrentStreams: 1024,
      streamWindow: 262_144,
      connectionWindow: 4_194_304,
      tableBytes: 4096,
      extendedConnect: false,
    },
    maxHeadBytes: 60_000,
    maxHeaders: 100,
    headersTimeout: 0,
    requestTimeout: 0,
    streamIdleTimeout: 300_000,
    idleTimeout: 3_600_000,
    maxConnectionDuration: 0,
    maxRequestsPerConnection: 0,
    drainTimeout: 5_000,
    ...over,
  };
}

const anyConnection = { destinationPort: 0, serverNames: [], transportProtocol: '', applicationProtocols: [] } as const;

export const listenerPiece = (
  over: Partial<HttpManagerPlan> = {},
  direction: ListenerPlan['direction'] = 'outbound',
): Piece => listenerWith({ kind: 'http', http: managerPlan(over) }, direction);

/** A listener that forwards bytes to the cluster `cart`. */
export const tcpListenerPiece = (over: Partial<TcpProxyPlan> = {}): Piece => {
  const clusters = [{ name: 'cart', weight: 1 }];
  const tcp = { statPrefix: 'tcp', clusters, idleTimeout: 0, maxConnectAttempts: 1, accessLogs: [], ...over };
  return listenerWith({ kind: 'tcp', tcp });
};

const listenerWith = (
  filter: ListenerPlan['chains'][number]['filter'],
  direction: ListenerPlan['direction'] = 'outbound',
): Piece => ({
  kind: 'listener',
  name: 'web',
  value: {
    name: 'web',
    address: '127.0.0.1',
    port: 0,
    direction,
    chains: [{ name: '', match: anyConnection, tls: null, filter }],
    defaultChain: null,
    sniff: { tls: false, http: false, timeout: 0, continueOnTimeout: false },
  },
});

/** The routes of the listener, for every host. */
export const routePiece = (routes: readonly RoutePlan[]): Piece => ({
  kind: 'route',
  name: 'web',
  value: routeConfigPlan([hostPlan('all', ['*'], routes)], { name: 'web' }),
});

/** A cluster in slot `slot` with endpoints on 127.0.0.1 in the slots after it. */
export function clusterPieces(
  name: string,
  slot: number,
  ports: readonly number[],
  over: Partial<ClusterPlan> = {},
): Piece[] {
  const own = { name, statName: name, endpoints: name, service: name, slot, ...over };
  return [{ kind: 'cluster', name, value: clusterPlan(own) }, endpointsPiece(name, slot, ports)];
}

export const endpointsPiece = (name: string, slot: number, ports: readonly number[]): Piece => ({
  kind: 'endpoints',
  name,
  value: {
    name,
    addresses: ports.map(() => '127.0.0.1'),
    ports,
    slots: ports.map((_, row) => slot + 1 + row),
    weights: ports.map(() => 1),
    priorities: ports.map(() => 0),
    hostnames: ports.map(() => ''),
    locality: ports.map(() => 0),
    localities: [],
  },
});

/** The data path of one worker, in this process: the listener `web` on a free port. */
export class WorkerUnderTest {
  readonly path: DataPath;
  readonly port: number;
  /** As main sees them. */
  readonly slots = new SlotTable(1, -1);
  /** What it told main. */
  readonly said: FromWorker[] = [];

  constructor(t: TestContext, put: readonly Piece[]) {
    const page = new SharedArrayBuffer(pageBytes(1));
    this.slots.addPage(page);
    this.path = new DataPath(
      {
        index: 0,
        workers: 1,
        pages: [page],
        sticks: new SharedArrayBuffer(STICK_TABLE_BYTES),
        plan: { epoch: 1, put, del: [] },
        identity: { service: '', namespace: '', node: '' },
      },
      (message) => this.said.push(message),
    );
    this.path.start();
    const bound = new net.BoundSocket({ host: '127.0.0.1', port: 0 });
    this.port = bound.address().port;
    this.path.listen('web', bound);
    t.after(() => this.path.stopAccepting());
  }

  apply(put: readonly Piece[], del: readonly PieceName[] = []): void {
    this.path.apply({ epoch: this.path.epoch + 1, put, del });
  }

  /** A cell summed over a run of slots. */
  sum(cell: number, slots = 32): number {
    let sum = 0;
    for (let slot = 0; slot < slots; slot += 1) sum += this.slots.slot(slot).sum(cell);
    return sum;
  }
}
