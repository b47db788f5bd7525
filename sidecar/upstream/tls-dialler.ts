import type { OnReadOpts } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { Reader } from '../codec/bare-socket.ts';
import type { Layer } from '../codec/layer.ts';
import { nodeTls } from '../codec/secure-context.ts';
import { SocketWire } from '../codec/socket.ts';
import type { SocketContext } from '../codec/socket-context.ts';
import { onreadOf } from '../codec/stream-socket.ts';
import { clientOptions, WRONG_NAME } from '../codec/tls-client.ts';
import { tlsFacts } from '../codec/tls-facts.ts';
import { handshakeFailure } from '../core/outcome.ts';
import type { ClientTlsPlan } from '../core/plan/tls.ts';
import type { TlsStats } from '../telemetry/tls-stats.ts';
import type { Dialler } from './dialler.ts';

/** TLS towards the endpoints of one cluster in one worker. */
export class ClientTls {
  readonly plan: ClientTlsPlan;
  readonly stats: TlsStats;

  constructor(plan: ClientTlsPlan, stats: TlsStats) {
    this.plan = plan;
    this.stats = stats;
  }
}

/** What `tls.connect` takes as `net.connect` does, and its types leave out. */
interface ConstructorOptions {
  readonly allowHalfOpen: true;
  readonly onread: OnReadOpts;
}

/** Makes connections within TLS to one endpoint, and takes up sessions there that it had before. */
export class TlsDialler implements Dialler {
  readonly #address: string;
  readonly #port: number;
  readonly #sockets: SocketContext;
  readonly #tls: ClientTls;
  /** The newest first. */
  readonly #sessions: Buffer[] = [];

  constructor(address: string, port: number, sockets: SocketContext, tls: ClientTls) {
    this.#address = address;
    this.#port = port;
    this.#sockets = sockets;
    this.#tls = tls;
  }

  dial(protocols: readonly string[], connected: () => void): SocketWire {
    const layer: Layer = { tls: null, refusal: null, beneath: null };
    const make = (wire: Reader): TLSSocket => this.#connect(protocols, onreadOf(wire), layer);
    const wire = new SocketWire(this.#sockets, make, layer);
    const socket = wire.socket as TLSSocket;
    socket.once('secureConnect', () => {
      const { plan, stats } = this.#tls;
      layer.tls = tlsFacts(socket, plan.serverName);
      stats.shook(layer.tls, socket.isSessionReused());
      this.#sockets.turn.run(connected);
    });
    return wire;
  }

  #connect(protocols: readonly string[], onread: OnReadOpts, layer: Layer): TLSSocket {
    const { plan } = this.#tls;
    const options: ConnectionOptions & ConstructorOptions = {
      ...clientOptions(plan, plan.alpn.length > 0 ? plan.alpn : protocols),
      host: this.#address,
      port: this.#port,
      allowHalfOpen: true,
      onread,
      session: this.#session(),
    };
    const socket = nodeTls().connect(options);
    let stands = false;
    socket.once('connect', () => {
      stands = true;
      socket.setNoDelay(true);
    });
    socket.on('error', (error: NodeJS.ErrnoException & { reason?: string }) => {
      if (stands && layer.tls === null && layer.refusal === null) layer.refusal = this.#refusal(error);
    });
    socket.on('session', (session: Buffer) => this.#keep(session));
    return socket;
  }

  /** A session of TLS 1.3 is better used once (RFC 8446 C.4), but servers on OpenSSL give no other one for it. */
  #session(): Buffer | undefined {
    return this.#sessions.length > 1 ? this.#sessions.shift() : this.#sessions[0];
  }

  #keep(session: Buffer): void {
    this.#sessions.unshift(session);
    this.#sessions.length = Math.min(this.#sessions.length, this.#tls.plan.maxSessions);
  }

  #refusal({
    code = '',
    message,
    reason,
  }: NodeJS.ErrnoException & { reason?: string }): ReturnType<typeof handshakeFailure> {
    const { stats } = this.#tls;
    if (code === WRONG_NAME) stats.failVerifySan.inc();
    else if (code.startsWith('ERR_')) stats.connectionError.inc();
    else if (/^E[A-Z]+$/.test(code)) return handshakeFailure('the connection was closed in the handshake');
    else stats.failVerifyError.inc();
    // Node goes on after the sentence of OpenSSL with advice for programs.
    return handshakeFailure(reason ?? (message.split(';')[0] as string));
  }
}
