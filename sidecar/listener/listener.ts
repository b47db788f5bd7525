import type { BoundSocket } from 'node:net';
import type { Wheel } from '../../shared/time/wheel.ts';
import type { DateText } from '../codec/http1/date-text.ts';
import type { SocketWire } from '../codec/socket.ts';
import type { SocketContext } from '../codec/socket-context.ts';
import { ServerTls } from '../codec/tls-server.ts';
import type { ChainMatchPlan, FilterChainPlan, ListenerPlan, SniffPlan } from '../core/plan/listener.ts';
import type { ServerTlsPlan } from '../core/plan/tls.ts';
import type { Cell } from '../core/stats.ts';
import type { Turn } from '../core/turn.ts';
import type { HttpContext } from '../http/context.ts';
import type { TcpContext } from '../l4/context.ts';
import type { ListenerStats } from '../telemetry/listener-stats.ts';
import type { TlsStats } from '../telemetry/tls-stats.ts';
import { Acceptor } from './acceptor.ts';
import type { Chain } from './chain.ts';
import { ChainIndex, NOTHING_KNOWN, type Sniffed } from './chain-index.ts';
import { Handshake, type HandshakeOwner } from './handshake.ts';
import { HttpChain } from './http-chain.ts';
import { SocketPeer } from './peer.ts';
import { ServerFirst } from './server-first.ts';
import { Sniffer, type SnifferOwner } from './sniffer.ts';
import { TcpChain } from './tcp-chain.ts';

/** Connections that the kernel completes before we take them. */
const BACKLOG = 4096;

/**
 * How long to look, ms, where servers speak first: a client that speaks first does so at once, since its bytes follow its
 * connection, so that HTTP is still seen there.
 */
const SHORT_LOOK = 10;

/** A chain's plan, with what its connections need. */
export type ChainContext =
  | { readonly kind: 'http'; readonly context: HttpContext }
  | { readonly kind: 'tcp'; readonly context: TcpContext };

export interface ListenerContext {
  readonly plan: ListenerPlan;
  readonly stats: ListenerStats;
  readonly sockets: SocketContext;
  readonly turn: Turn;
  readonly wheel: Wheel;
  readonly date: DateText;
  contextOf(chain: FilterChainPlan): ChainContext;
  /** Asked for when there is TLS only. */
  tlsStats(): TlsStats;
}

interface Place {
  readonly match: ChainMatchPlan;
  readonly chain: Chain;
  /** Null = bytes come as they are. */
  readonly tls: ServerTls | null;
}

/**
 * One listener in one worker. It is its address: whatever else changes is taken up by new connections and new requests,
 * and the socket is not touched (decision D13).
 */
export class Listener implements SnifferOwner, HandshakeOwner {
  readonly #acceptor: Acceptor;
  readonly #serverFirst = new ServerFirst();
  readonly #sniffers = new Set<Sniffer>();
  /** With the chain that each is for. */
  readonly #handshakes = new Map<Handshake, Chain>();
  #context: ListenerContext;
  /** By kind, name and match: what a change of the plan finds again. Several may have one name. */
  #chains = new Map<string, HttpChain | TcpChain>();
  /** Chains that the plan does not have any more, as long as they have connections. */
  readonly #former = new Set<Chain>();
  #index!: ChainIndex<Place>;
  /** The place of all connections, when nothing has to be known to choose it. */
  #only: Place | null = null;
  /** By the id of their plan. */
  #tls = new Map<string, ServerTls>();
  #tlsStats: TlsStats | null = null;
  #accepting = true;
  #announced = false;

  constructor(context: ListenerContext) {
    this.#context = context;
    this.#acceptor = new Acceptor(context.sockets, (wire) => this.#accept(wire));
    this.#arrange();
  }

  /** Connections that are open. */
  get connections(): number {
    let sum = this.#sniffers.size + this.#handshakes.size;
    for (const chain of this.#chains.values()) sum += chain.connections;
    for (const chain of this.#former) sum += chain.connections;
    return sum;
  }

  get sniff(): SniffPlan {
    return this.#context.plan.sniff;
  }

  get turn(): Turn {
    return this.#context.turn;
  }

  get wheel(): Wheel {
    return this.#context.wheel;
  }

  get sockets(): SocketContext {
    return this.#context.sockets;
  }

  get tlsStats(): TlsStats {
    this.#tlsStats ??= this.#context.tlsStats();
    return this.#tlsStats;
  }

  get tooSlow(): Cell {
    return this.#context.stats.downstreamCxTransportSocketConnectTimeout;
  }

  listen(bound: BoundSocket): Promise<void> {
    return this.#acceptor.listen(bound, BACKLOG);
  }

  /** Other settings, for new connections and for each connection's next request. */
  reconfigure(context: ListenerContext): void {
    this.#context = context;
    this.#arrange();
  }

  /** Every response says from now on that the connection closes; it goes on accepting (decision D13). */
  announceClose(): void {
    this.#announced = true;
    for (const chain of this.#chains.values()) chain.announceClose();
  }

  /** Stops accepting, closes connections without a request, and the others after the response under way. */
  close(): void {
    if (!this.#accepting) return;
    this.#accepting = false;
    this.#acceptor.close();
    for (const sniffer of [...this.#sniffers]) sniffer.wire.close();
    for (const handshake of [...this.#handshakes.keys()]) handshake.cancel();
    for (const chain of this.#chains.values()) chain.close();
  }

  onKnown(sniffer: Sniffer, sniffed: Sniffed): void {
    this.#forget(sniffer);
    this.#dispatch(sniffer.wire, sniffed);
  }

  onTooLate(sniffer: Sniffer): void {
    this.#context.stats.downstreamPreCxTimeout.inc();
    sniffer.wire.destroy();
  }

  onGone(sniffer: Sniffer): void {
    this.#forget(sniffer);
  }

  onSecure(handshake: Handshake, wire: SocketWire): void {
    const chain = this.#handshakes.get(handshake) as Chain;
    this.#handshakes.delete(handshake);
    const { protocol = '', serverName = '' } = wire.layer?.tls ?? {};
    chain.take(wire, { transport: 'tls', serverName, protocols: protocol === '' ? [] : [protocol] });
  }

  onFailed(handshake: Handshake): void {
    this.#handshakes.delete(handshake);
  }

  /** Makes the chains of the plan, and keeps those that are there already. */
  #arrange(): void {
    const { plan, contextOf } = this.#context;
    const before = this.#chains;
    this.#chains = new Map();
    const tls = this.#tls;
    this.#tls = new Map();
    const place = (each: FilterChainPlan, fallback = ''): Place => {
      const key = `${each.filter.kind} ${each.name} ${fallback || JSON.stringify(each.match)}`;
      const chain = this.#made(contextOf(each), before.get(key));
      this.#chains.set(key, chain);
      return { match: each.match, chain, tls: each.tls && this.#secured(each.tls, tls) };
    };
    const places = plan.chains.map((each) => place(each));
    const fallback = plan.defaultChain && place(plan.defaultChain, 'default');
    this.#index = new ChainIndex(places, fallback);
    const [first] = places;
    const free = !plan.sniff.tls && !plan.sniff.http && plan.chains.every(({ match }) => isOpen(match));
    this.#only = free ? (first ?? fallback) : null;
    for (const [key, chain] of before) {
      if (this.#chains.get(key) === chain) continue;
      for (const [handshake, wanted] of [...this.#handshakes]) if (wanted === chain) handshake.cancel();
      chain.close();
      this.#former.add(chain);
    }
    for (const chain of this.#former) if (chain.connections === 0) this.#former.delete(chain);
  }

  /** What was made for the same plan before is kept, and with it the sessions of clients. */
  #secured(plan: ServerTlsPlan, before: ReadonlyMap<string, ServerTls>): ServerTls {
    const tls = this.#tls.get(plan.id) ?? before.get(plan.id) ?? new ServerTls(plan);
    this.#tls.set(plan.id, tls);
    return tls;
  }

  #made(made: ChainContext, before: HttpChain | TcpChain | undefined): HttpChain | TcpChain {
    if (made.kind === 'http') {
      const chain = before instanceof HttpChain ? before : new HttpChain(this.#context.date, made.context);
      chain.reconfigure(made.context);
      if (this.#announced) chain.announceClose();
      return chain;
    }
    const chain =
      before instanceof TcpChain
        ? before
        : new TcpChain(
            made.context,
            (peer) => this.#destination(peer),
            (destination, fromServer) => this.#serverFirst.saw(destination, fromServer),
          );
    chain.reconfigure(made.context);
    return chain;
  }

  #accept(wire: SocketWire): void {
    this.#context.stats.downstreamCxTotal.inc();
    if (this.#only !== null) return this.#enter(this.#only, wire, null);
    const { tls, http } = this.sniff;
    if (!tls && !http) return this.#dispatch(wire, NOTHING_KNOWN);
    const serverFirst = this.#serverFirst.has(this.#destination(new SocketPeer(wire.socket)));
    this.#sniffers.add(serverFirst ? new Sniffer(wire, this, SHORT_LOOK) : new Sniffer(wire, this));
    this.#context.stats.downstreamPreCxActive.inc();
  }

  #dispatch(wire: SocketWire, sniffed: Sniffed): void {
    const place = this.#index.find(this.#acceptor.address.port, sniffed);
    if (place !== null) return this.#enter(place, wire, sniffed);
    this.#context.stats.noFilterChainMatch.inc();
    wire.destroy();
  }

  #enter({ chain, tls }: Place, wire: SocketWire, sniffed: Sniffed | null): void {
    if (tls === null) chain.take(wire, sniffed);
    else this.#handshakes.set(new Handshake(wire, tls, this), chain);
  }

  #forget(sniffer: Sniffer): void {
    if (this.#sniffers.delete(sniffer)) this.#context.stats.downstreamPreCxActive.add(-1);
  }

  /** A listener on one address has one destination; one on all addresses has as many as this machine. */
  #destination(peer: SocketPeer): string {
    const { address } = this.#context.plan;
    return address === '0.0.0.0' || address === '::' ? peer.localAddress : '';
  }
}

/** It asks for nothing. */
function isOpen(match: ChainMatchPlan): boolean {
  const { destinationPort, serverNames, transportProtocol, applicationProtocols } = match;
  return (
    destinationPort === 0 && serverNames.length === 0 && transportProtocol === '' && applicationProtocols.length === 0
  );
}
