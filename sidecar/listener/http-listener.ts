import type { BoundSocket } from 'node:net';
import type { DateText } from '../codec/http1/date-text.ts';
import type { ServerContext } from '../codec/http1/server-options.ts';
import { ServerSession } from '../codec/http1/server-session.ts';
import type { SocketContext, SocketWire } from '../codec/socket.ts';
import { Exchange } from '../core/exchange.ts';
import { HeaderList } from '../core/headers.ts';
import { RESPONSE_FLAG } from '../core/outcome.ts';
import { CallHandler } from '../http/call-handler.ts';
import type { HttpContext } from '../http/context.ts';
import { Acceptor } from './acceptor.ts';
import { SocketPeer } from './peer.ts';

/** Connections that the kernel completes before we take them. */
const BACKLOG = 4096;

/** What is known of a connection beside its session. */
interface Downstream {
  readonly wire: SocketWire;
  /** Monotonic ms. */
  readonly opened: number;
}

/**
 * One HTTP listener in one worker. The listener is its address: whatever else changes is taken up by new requests, and
 * neither the socket nor a connection is touched (decision D13).
 */
export class HttpListener {
  readonly #acceptor: Acceptor;
  readonly #sessions = new Map<ServerSession, Downstream>();
  readonly #handler: CallHandler;
  readonly #server: ServerContext;
  #context: HttpContext;
  #announced = false;
  #accepting = true;

  constructor(sockets: SocketContext, date: DateText, context: HttpContext) {
    this.#context = context;
    this.#handler = new CallHandler(context);
    this.#server = {
      handler: this.#handler,
      owner: {
        onBadRequest: (session, status, reason) => this.#refused(session, status, reason),
        onClosed: (session) => this.#closed(session),
      },
      turn: context.turn,
      wheel: context.wheel,
      date,
      scheme: 'http',
    };
    this.#acceptor = new Acceptor(sockets, (wire) => this.#accept(wire));
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sessions.size;
  }

  listen(bound: BoundSocket): Promise<void> {
    return this.#acceptor.listen(bound, BACKLOG);
  }

  /** Other settings from each connection's next request on. */
  reconfigure(context: HttpContext): void {
    this.#context = context;
    this.#handler.context = context;
    for (const session of this.#sessions.keys()) session.options = context.manager;
  }

  /** Every response says from now on that the connection closes; it goes on accepting (decision D13). */
  announceClose(): void {
    this.#announced = true;
    for (const session of this.#sessions.keys()) session.drain(false);
  }

  /** Stops accepting, closes connections without a request, and the others after the response under way. */
  close(): void {
    if (!this.#accepting) return;
    this.#accepting = false;
    this.#acceptor.close();
    for (const session of [...this.#sessions.keys()]) session.drain(true);
  }

  #accept(wire: SocketWire): void {
    const { stats, manager, turn } = this.#context;
    stats.downstreamCxTotal.inc();
    stats.downstreamCxHttp1Total.inc();
    stats.downstreamCxActive.inc();
    stats.downstreamCxHttp1Active.inc();
    wire.received = stats.downstreamCxRxBytesTotal;
    wire.sent = stats.downstreamCxTxBytesTotal;
    const session = new ServerSession(wire, new SocketPeer(wire.socket), manager, this.#server);
    this.#sessions.set(session, { wire, opened: turn.now });
    if (this.#announced) session.drain(false);
  }

  #closed(session: ServerSession): void {
    const { stats, turn } = this.#context;
    const downstream = this.#sessions.get(session);
    if (!downstream) return;
    const local = downstream.wire.closedBy === 'us';
    this.#sessions.delete(session);
    stats.downstreamCxActive.add(-1);
    stats.downstreamCxHttp1Active.add(-1);
    stats.downstreamCxDestroy.inc();
    (local ? stats.downstreamCxDestroyLocal : stats.downstreamCxDestroyRemote).inc();
    if (local && (this.#announced || !this.#accepting)) stats.downstreamCxDrainClose.inc();
    stats.downstreamCxLengthMs.record(turn.now - downstream.opened);
  }

  /** The codec answered by itself: counted and logged as a request of which little is known. */
  #refused(session: ServerSession, status: number, reason: string): void {
    const { stats, accessLog, manager, turn } = this.#context;
    const x = new Exchange(session, 11, '-', 'http', '', '-', HeaderList.of(), 0, turn.now);
    x.status = status;
    x.flags = status === 408 ? 0 : RESPONSE_FLAG.DPE;
    x.detail = reason;
    x.ended = turn.now;
    stats.beginRequest();
    stats.recordRequest(x);
    if (status === 408)
      (manager.headersTimeout > 0 ? stats.downstreamRqHeaderTimeout : stats.downstreamRqTimeout).inc();
    else if (status === 431 || status === 414) stats.downstreamRqTooLarge.inc();
    else stats.downstreamCxProtocolError.inc();
    accessLog?.record(x);
  }
}
