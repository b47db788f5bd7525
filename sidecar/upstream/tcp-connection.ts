import { WheelTimer } from '../../shared/time/wheel.ts';
import type { SocketWire } from '../codec/socket.ts';
import { FAILURE, type Failure } from '../core/outcome.ts';
import type { Dial, DialWaiter, RawConnection } from '../core/pool.ts';
import { ROW, type Slot } from '../core/slots.ts';
import type { WireSink } from '../core/wire.ts';
import type { ClusterConnections } from './cluster-connections.ts';
import { ANY, type Dialler } from './dialler.ts';

/**
 * Connects to an endpoint for one stream alone, within the cluster's limits and connect timeout. The limit of connections
 * is strict here, as in Envoy: there is nothing that one more connection could wait for.
 */
export function dial(dialler: Dialler, slot: Slot, cluster: ClusterConnections, waiter: DialWaiter): Dial {
  if (cluster.mayConnect(false, slot)) return new TcpConnection(dialler, slot, cluster, waiter);
  waiter.onRefused(FAILURE.overflow);
  return NONE;
}

const NONE: Dial = { cancel() {} };

const CONNECTING = 0;
const OPEN = 1;
const GONE = 2;

/** One connection that belongs to one stream: connecting, then open, then gone. */
class TcpConnection implements Dial, RawConnection, WireSink {
  readonly wire: SocketWire;
  readonly #cluster: ClusterConnections;
  readonly #slot: Slot;
  readonly #waiter: DialWaiter;
  readonly #began: number;
  readonly #timer = new WheelTimer(() => this.#tooSlow());
  #state = CONNECTING;

  constructor(dialler: Dialler, slot: Slot, cluster: ClusterConnections, waiter: DialWaiter) {
    const { sockets, stats, wheel } = cluster;
    const { connectTimeout } = cluster.plan;
    this.#cluster = cluster;
    this.#slot = slot;
    this.#waiter = waiter;
    this.#began = sockets.turn.now;
    slot.add(ROW.connections, 1);
    stats.upstreamCxTotal.inc();
    stats.upstreamCxActive.inc();
    this.wire = dialler.dial(ANY, () => this.#connected());
    this.wire.sink = this;
    this.wire.received = stats.upstreamCxRxBytesTotal;
    this.wire.sent = stats.upstreamCxTxBytesTotal;
    if (connectTimeout > 0) wheel.start(this.#timer, connectTimeout, this.#began);
  }

  cancel(): void {
    if (this.#state !== CONNECTING) return;
    this.wire.destroy();
    this.over();
  }

  over(): void {
    if (this.#state === GONE) return;
    const { sockets, stats, wheel, limits } = this.#cluster;
    if (this.#state === CONNECTING) wheel.stop(this.#timer);
    this.#state = GONE;
    stats.upstreamCxActive.add(-1);
    stats.upstreamCxDestroy.inc();
    (this.wire.closedBy === 'peer' ? stats.upstreamCxDestroyRemote : stats.upstreamCxDestroyLocal).inc();
    stats.upstreamCxLengthMs.record(sockets.turn.now - this.#began);
    this.#slot.add(ROW.connections, -1);
    limits.endConnection();
  }

  onBytes(): void {}

  onDrain(): void {}

  onEof(): void {}

  onClose(): void {
    this.#failed(this.wire.layer?.refusal ?? FAILURE.connect);
  }

  #connected(): void {
    if (this.#state !== CONNECTING) return;
    const { sockets, stats, wheel } = this.#cluster;
    wheel.stop(this.#timer);
    this.#state = OPEN;
    stats.upstreamCxConnectMs.record(sockets.turn.now - this.#began);
    this.#waiter.onConnected(this);
  }

  #tooSlow(): void {
    this.#cluster.stats.upstreamCxConnectTimeout.inc();
    this.#failed(FAILURE.connectTimeout);
    this.wire.destroy();
  }

  #failed(failure: Failure): void {
    if (this.#state !== CONNECTING) return;
    this.#cluster.stats.upstreamCxConnectFail.inc();
    this.over();
    this.#waiter.onRefused(failure);
  }
}
