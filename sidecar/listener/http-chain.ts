import type { Wheel } from '../../shared/time/wheel.ts';
import type { DateText } from '../codec/http1/date-text.ts';
import type { ServerContext } from '../codec/http1/server-options.ts';
import { ServerSession } from '../codec/http1/server-session.ts';
import { DEFAULT_SERVER_SETTINGS, type ServerContext as Http2Context } from '../codec/http2/server-options.ts';
import { ServerSession as Http2Session } from '../codec/http2/server-session.ts';
import type { SocketWire } from '../codec/socket.ts';
import { Exchange, type ServerStream } from '../core/exchange.ts';
import { HeaderList } from '../core/headers.ts';
import { RESPONSE_FLAG } from '../core/outcome.ts';
import type { SniffPlan } from '../core/plan/listener.ts';
import type { Turn } from '../core/turn.ts';
import { CallHandler } from '../http/call-handler.ts';
import type { HttpContext } from '../http/context.ts';
import type { Chain } from './chain.ts';
import type { Sniffed } from './chain-index.ts';
import { SocketPeer } from './peer.ts';
import { Sniffer, type SnifferOwner } from './sniffer.ts';

/** What is known of a connection beside what serves it. */
interface Downstream {
  readonly wire: SocketWire;
  /** Monotonic ms. */
  readonly opened: number;
}

/**
 * The connections of one HTTP filter chain in one worker. Whatever changes in its configuration is taken up by new
 * requests, and no connection is touched (decision D13).
 */
export class HttpChain implements Chain, SnifferOwner {
  /** Connections that have not sent a byte yet: HTTP/1.1 and HTTP/2 are told apart by the first ones. */
  readonly #silent = new Map<Sniffer, Downstream>();
  readonly #sessions = new Map<ServerSession | Http2Session, Downstream>();
  readonly #handler: CallHandler;
  readonly #server: ServerContext;
  /** The same within TLS. */
  readonly #secure: ServerContext;
  readonly #http2: Http2Context;
  #context: HttpContext;
  #sniff: SniffPlan;
  #announced = false;
  #accepting = true;

  constructor(date: DateText, context: HttpContext) {
    this.#context = context;
    this.#sniff = sniffOf(context);
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
    this.#secure = { ...this.#server, scheme: 'https' };
    this.#http2 = {
      handler: this.#handler,
      owner: {
        onBadRequest: (stream, status, reason) => this.#refused(stream, status, reason),
        onProtocolError: () => this.#context.stats.downstreamCxProtocolError.inc(),
        onClosed: (session) => this.#closed(session),
      },
      turn: context.turn,
      wheel: context.wheel,
      date,
    };
  }

  get connections(): number {
    return this.#silent.size + this.#sessions.size;
  }

  get sniff(): SniffPlan {
    return this.#sniff;
  }

  get turn(): Turn {
    return this.#context.turn;
  }

  get wheel(): Wheel {
    return this.#context.wheel;
  }

  /** Other settings from each connection's next request on. */
  reconfigure(context: HttpContext): void {
    this.#context = context;
    this.#sniff = sniffOf(context);
    this.#handler.context = context;
    for (const session of this.#sessions.keys()) session.options = context.manager;
  }

  announceClose(): void {
    this.#announced = true;
    for (const session of this.#sessions.keys()) session.drain(false);
  }

  close(): void {
    if (!this.#accepting) return;
    this.#accepting = false;
    for (const { wire } of [...this.#silent.values()]) wire.close();
    for (const session of [...this.#sessions.keys()]) session.drain(true);
  }

  take(wire: SocketWire, sniffed: Sniffed | null): void {
    const { stats, turn } = this.#context;
    stats.downstreamCxTotal.inc();
    stats.downstreamCxActive.inc();
    if (wire.layer?.tls) {
      stats.downstreamCxSslTotal.inc();
      stats.downstreamCxSslActive.inc();
    }
    wire.received = stats.downstreamCxRxBytesTotal;
    wire.sent = stats.downstreamCxTxBytesTotal;
    const downstream = { wire, opened: turn.now };
    // Within TLS without ALPN it is told by the first bytes, too.
    const unclear = sniffed === null || (wire.layer?.tls && sniffed.protocols.length === 0);
    if (unclear) this.#silent.set(new Sniffer(wire, this), downstream);
    else this.#serve(downstream, sniffed);
  }

  onKnown(sniffer: Sniffer, sniffed: Sniffed): void {
    const downstream = this.#silent.get(sniffer);
    this.#silent.delete(sniffer);
    if (downstream) this.#serve(downstream, sniffed);
  }

  onTooLate(sniffer: Sniffer): void {
    sniffer.wire.close();
  }

  onGone(sniffer: Sniffer): void {
    const downstream = this.#silent.get(sniffer);
    if (!downstream) return;
    this.#silent.delete(sniffer);
    this.#gone(downstream);
  }

  #serve(downstream: Downstream, sniffed: Sniffed): void {
    const { codec } = this.#context.manager;
    const [protocol] = sniffed.protocols;
    // What a client offers is not what was agreed on: h2 stands for HTTP/2 where TLS ends here.
    const http2 = protocol === 'h2c' || (protocol === 'h2' && downstream.wire.layer !== null);
    if (codec === 'http2' || (http2 && codec === 'auto')) this.#onHttp2(downstream);
    else if (http2) this.#refuseHttp2(downstream);
    else this.#onHttp1(downstream);
  }

  #onHttp1(downstream: Downstream): void {
    const { stats, manager } = this.#context;
    const { wire } = downstream;
    stats.downstreamCxHttp1Total.inc();
    stats.downstreamCxHttp1Active.inc();
    const tls = wire.layer?.tls ?? null;
    const server = tls === null ? this.#server : this.#secure;
    const session = new ServerSession(wire, new SocketPeer(wire.socket, tls), manager, server);
    this.#sessions.set(session, downstream);
    if (this.#announced) session.drain(false);
  }

  #onHttp2(downstream: Downstream): void {
    const { stats, manager } = this.#context;
    const { wire } = downstream;
    stats.downstreamCxHttp2Total.inc();
    stats.downstreamCxHttp2Active.inc();
    const extendedConnect = manager.http2.extendedConnect || manager.upgrades.length > 0;
    const settings = { ...DEFAULT_SERVER_SETTINGS, ...manager.http2, extendedConnect };
    const peer = new SocketPeer(wire.socket, wire.layer?.tls ?? null);
    const session = new Http2Session(wire, peer, manager, settings, this.#http2);
    this.#sessions.set(session, downstream);
    if (this.#announced) session.drain(false);
  }

  /** A connection manager that speaks only HTTP/1.1 says so. */
  #refuseHttp2(downstream: Downstream): void {
    const { wire } = downstream;
    this.#context.stats.downstreamCxProtocolError.inc();
    wire.sink = { onBytes() {}, onDrain() {}, onEof() {}, onClose: () => this.#gone(downstream) };
    wire.text(HTTP_1_1_REQUIRED);
    wire.close();
  }

  #closed(session: ServerSession | Http2Session): void {
    const downstream = this.#sessions.get(session);
    if (!downstream) return;
    const { stats } = this.#context;
    this.#sessions.delete(session);
    (session instanceof ServerSession ? stats.downstreamCxHttp1Active : stats.downstreamCxHttp2Active).add(-1);
    this.#gone(downstream);
  }

  #gone(downstream: Downstream): void {
    const { stats, turn } = this.#context;
    const local = downstream.wire.closedBy === 'us';
    stats.downstreamCxActive.add(-1);
    if (downstream.wire.layer?.tls) stats.downstreamCxSslActive.add(-1);
    stats.downstreamCxDestroy.inc();
    (local ? stats.downstreamCxDestroyLocal : stats.downstreamCxDestroyRemote).inc();
    if (local && (this.#announced || !this.#accepting)) stats.downstreamCxDrainClose.inc();
    stats.downstreamCxLengthMs.record(turn.now - downstream.opened);
  }

  /** The codec answered by itself: counted and logged as a request of which little is known. */
  #refused(stream: ServerStream, status: number, reason: string): void {
    const { stats, accessLog, manager, turn } = this.#context;
    const x = new Exchange(
      stream,
      stream instanceof ServerSession ? 11 : 20,
      '-',
      'http',
      '',
      '-',
      HeaderList.of(),
      0,
      turn.now,
    );
    x.status = status;
    x.flags = status === 408 ? 0 : RESPONSE_FLAG.DPE;
    x.detail = reason;
    x.ended = turn.now;
    stats.beginRequest(x.version);
    stats.recordRequest(x);
    if (status === 408)
      (manager.headersTimeout > 0 ? stats.downstreamRqHeaderTimeout : stats.downstreamRqTimeout).inc();
    else if (status === 431 || status === 414) stats.downstreamRqTooLarge.inc();
    else stats.downstreamCxProtocolError.inc();
    accessLog?.record(x);
  }
}

/** HTTP/2 by prior knowledge is told by its preface; until then only the idle timeout runs. */
function sniffOf({ manager }: HttpContext): SniffPlan {
  return { tls: false, http: false, timeout: manager.idleTimeout, continueOnTimeout: false };
}

/** RFC 9113: an empty SETTINGS, and GOAWAY with HTTP_1_1_REQUIRED (0xd) and no stream served. */
const HTTP_1_1_REQUIRED = '\0\0\0\x04\0\0\0\0\0' + '\0\0\x08\x07\0\0\0\0\0' + '\0\0\0\0' + '\0\0\0\x0d';
