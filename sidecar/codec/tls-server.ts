import type { X509Certificate } from 'node:crypto';
import type net from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { ServerTlsPlan } from '../core/plan/tls.ts';
import { isNamed } from './peer-certificate.ts';
import { nodeTls, secureContext } from './secure-context.ts';

/** The part of a socket's handle that we use. Internal to Node: see "Internal to Node" in ARCHITECTURE.md. */
interface TlsHandle {
  verifyError(): Error | null | undefined;
}

/** Why a client is not let in, by what it is counted as. */
export type ClientProblem = 'no-certificate' | 'untrusted' | 'name';

/** The server's side of TLS for the connections of one filter chain. */
export class ServerTls {
  readonly plan: ServerTlsPlan;
  readonly #context: SecureContext;
  readonly #asks: boolean;

  /** Main has seen that OpenSSL takes the plan. */
  constructor(plan: ServerTlsPlan) {
    this.plan = plan;
    this.#context = secureContext(plan);
    this.#asks = plan.requireClientCertificate || plan.trustedCa !== '';
  }

  /**
   * Begins a handshake on a connection of which `read` has been read, a ClientHello that offers `protocols`. 'secure' of the
   * socket (internal to Node) says that it is over, 'close' that it never will be. Where both sides have no protocol in
   * common none is agreed on, as with Envoy; Node by itself would break it off.
   */
  begin(socket: net.Socket, read: Buffer, protocols: readonly string[]): TLSSocket {
    const { TLSSocket } = nodeTls();
    const protocol = this.plan.alpn.find((each) => protocols.includes(each));
    // Node takes what is there of a socket's input for the first bytes of TLS.
    socket.unshift(read);
    return new TLSSocket(socket, {
      isServer: true,
      secureContext: this.#context,
      requestCert: this.#asks,
      // Node does not look by itself at what a client shows here: `problemOf` does.
      rejectUnauthorized: false,
      ...(protocol !== undefined && { ALPNProtocols: [protocol] }),
    });
  }

  /** Why the client behind a finished handshake is not let in; null = it is. */
  problemOf(socket: TLSSocket): ClientProblem | null {
    if (!this.#asks) return null;
    const certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
    // A session that goes on brings no certificate where there was none: it is looked at each time.
    if (certificate === undefined) return this.plan.requireClientCertificate ? 'no-certificate' : null;
    if (this.plan.trustedCa === '') return null;
    const handle = (socket as unknown as { readonly _handle: TlsHandle | null })._handle;
    // Where Node has no such function any more nobody is let in.
    if (handle === null || typeof handle.verifyError !== 'function' || handle.verifyError()) return 'untrusted';
    return isNamed(certificate, this.plan.peerNames) ? null : 'name';
  }
}
