import type { Cell, Stats } from '../core/stats.ts';
import type { TlsFacts } from '../core/tls.ts';

/** What a worker counts about the TLS of a listener or a cluster (`ssl.*`), each field under Envoy's name for it. */
export class TlsStats {
  readonly connectionError: Cell;
  readonly failVerifyNoCert: Cell;
  readonly failVerifyError: Cell;
  readonly failVerifySan: Cell;
  readonly #handshake: Cell;
  readonly #sessionReused: Cell;
  readonly #noCertificate: Cell;
  readonly #counter: (name: string) => Cell;
  /** By version and cipher, as they come up. */
  readonly #kinds = new Map<string, Cell>();

  constructor(stats: Stats, scope: 'listener' | 'cluster', owner: string) {
    const counter = (name: string): Cell => stats.counter(scope, owner, `ssl.${name}`);
    this.#counter = counter;
    this.connectionError = counter('connection_error');
    this.failVerifyNoCert = counter('fail_verify_no_cert');
    this.failVerifyError = counter('fail_verify_error');
    this.failVerifySan = counter('fail_verify_san');
    this.#handshake = counter('handshake');
    this.#sessionReused = counter('session_reused');
    this.#noCertificate = counter('no_certificate');
  }

  /** A handshake is over, and well. */
  shook({ cipher, peerSubject, version }: TlsFacts, reused: boolean): void {
    this.#handshake.inc();
    if (reused) this.#sessionReused.inc();
    if (peerSubject === null) this.#noCertificate.inc();
    this.#kind(`versions.${version}`).inc();
    this.#kind(`ciphers.${cipher}`).inc();
  }

  #kind(name: string): Cell {
    let cell = this.#kinds.get(name);
    if (cell === undefined) {
      cell = this.#counter(name);
      this.#kinds.set(name, cell);
    }
    return cell;
  }
}
