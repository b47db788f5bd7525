import type { TLSSocket } from 'node:tls';
import { type Wheel, WheelTimer } from '../../shared/time/wheel.ts';
import { adoptedSocket } from '../codec/adopted-socket.ts';
import type { SocketWire } from '../codec/socket.ts';
import type { SocketContext } from '../codec/socket-context.ts';
import { tlsFacts } from '../codec/tls-facts.ts';
import type { ClientProblem, ServerTls } from '../codec/tls-server.ts';
import type { Cell } from '../core/stats.ts';
import type { WireSink } from '../core/wire.ts';
import { ClientHello } from '../l4/client-hello.ts';
import { Gathered } from '../l4/gathered.ts';
import type { TlsStats } from '../telemetry/tls-stats.ts';

/** Who waits for a handshake. */
export interface HandshakeOwner {
  readonly sockets: SocketContext;
  readonly wheel: Wheel;
  readonly tlsStats: TlsStats;
  /** Counts those that took too long. */
  readonly tooSlow: Cell;
  /** It is over: `wire` carries what is inside. The owner gives it a sink. */
  onSecure(handshake: Handshake, wire: SocketWire): void;
  /** It came to nothing, and the connection is closed. */
  onFailed(handshake: Handshake): void;
}

const problemCells: Readonly<Record<ClientProblem, 'failVerifyNoCert' | 'failVerifyError' | 'failVerifySan'>> = {
  'no-certificate': 'failVerifyNoCert',
  untrusted: 'failVerifyError',
  name: 'failVerifySan',
};

const ignore = (): void => {};

/**
 * The handshake of one accepted connection. The ClientHello is awaited here, so that a client that says nothing, or no
 * TLS, costs no more than a plain connection; then OpenSSL goes on.
 */
export class Handshake implements WireSink {
  readonly #wire: SocketWire;
  readonly #tls: ServerTls;
  readonly #owner: HandshakeOwner;
  readonly #hello = new ClientHello();
  readonly #read = new Gathered();
  readonly #timer: WheelTimer;
  #socket: TLSSocket | null = null;
  #onError: (error: Error) => void = ignore;
  #onSecure: () => void = ignore;
  #onEnd: () => void = ignore;
  #over = false;

  constructor(wire: SocketWire, tls: ServerTls, owner: HandshakeOwner) {
    this.#wire = wire;
    this.#tls = tls;
    this.#owner = owner;
    this.#timer = new WheelTimer(() => this.#tooSlow());
    const { handshakeTimeout } = tls.plan;
    if (handshakeTimeout > 0) owner.wheel.start(this.#timer, handshakeTimeout, owner.sockets.turn.now);
    wire.sink = this;
  }

  /** Nobody waits any more. */
  cancel(): void {
    this.#failed();
  }

  onBytes(buffer: Buffer, length: number): void {
    this.#read.add(buffer, 0, length);
    const found = this.#hello.read(buffer, 0, length);
    if (found === 'more') return;
    if (found === 'done') return this.#begin();
    this.#owner.tlsStats.connectionError.inc();
    this.#failed();
  }

  onDrain(): void {}

  onEof(): void {
    this.#failed();
  }

  onClose(): void {
    this.#failed();
  }

  #begin(): void {
    const socket = this.#tls.begin(this.#wire.release(), this.#read.bytes, this.#hello.protocols);
    const { turn } = this.#owner.sockets;
    this.#socket = socket;
    // It outlives this.
    socket.on('error', ignore);
    socket.on('error', (this.#onError = (error) => this.#refused(error)));
    socket.on('secure', (this.#onSecure = () => turn.run(() => this.#secure(socket))));
    socket.on('end', (this.#onEnd = () => turn.run(() => this.#failed())));
    socket.on('close', this.#onEnd);
  }

  /** What broke it off was no accident of the network: as Envoy, that alone is counted. */
  #refused({ code }: NodeJS.ErrnoException): void {
    if (code?.startsWith('ERR_SSL')) this.#owner.tlsStats.connectionError.inc();
  }

  #secure(socket: TLSSocket): void {
    if (this.#over) return;
    const { sockets, tlsStats, wheel } = this.#owner;
    const problem = this.#tls.problemOf(socket);
    if (problem !== null) {
      tlsStats[problemCells[problem]].inc();
      return this.#failed();
    }
    this.#over = true;
    wheel.stop(this.#timer);
    socket.off('error', this.#onError).off('secure', this.#onSecure).off('end', this.#onEnd).off('close', this.#onEnd);
    const tls = tlsFacts(socket, this.#hello.serverName);
    tlsStats.shook(tls, socket.isSessionReused());
    const layer = { tls, refusal: null, beneath: this.#wire.socket };
    this.#owner.onSecure(this, adoptedSocket(sockets, socket, layer));
  }

  #tooSlow(): void {
    this.#owner.tooSlow.inc();
    this.#failed();
  }

  #failed(): void {
    if (this.#over) return;
    this.#over = true;
    this.#owner.wheel.stop(this.#timer);
    if (this.#socket === null) this.#wire.destroy();
    else this.#socket.destroy();
    this.#owner.onFailed(this);
  }
}
