import type { Cell } from '../core/stats.ts';
import type { Wire, WireSink } from '../core/wire.ts';

/** Who keeps a tunnel. */
export interface TunnelOwner {
  /** Something moved. */
  onMoved(): void;
  /** `end` stops reading since the other side does not take what it sends; and goes on again. */
  onPaused(end: End): void;
  onResumed(end: End): void;
  /** A connection broke before both sides were done; the other one is broken off, too. */
  onBroken(end: End): void;
  /** Both connections are gone. */
  onOver(): void;
}

/**
 * Bytes both ways between two connections: what one does not take stops reading from the other, FIN is passed on while
 * the other direction lives on, and a connection that breaks breaks the other.
 */
export class Tunnel {
  readonly down: End;
  readonly up: End;
  readonly owner: TunnelOwner;

  constructor(down: Wire, up: Wire, owner: TunnelOwner) {
    this.owner = owner;
    this.down = new End(down, this);
    this.up = new End(up, this);
    down.sink = this.down;
    up.sink = this.up;
  }

  other(end: End): End {
    return end === this.down ? this.up : this.down;
  }

  /** Ends both connections now, with RST where `abort`. */
  destroy(abort: boolean): void {
    this.down.wire.destroy(abort);
    this.up.wire.destroy(abort);
  }
}

/** One side of a tunnel: what is read from its wire goes to the other's. */
export class End implements WireSink {
  readonly wire: Wire;
  /** Bytes read here. */
  bytes = 0;
  /** Counts them as they come; null = nobody wants to know. */
  counter: Cell | null = null;
  readonly #tunnel: Tunnel;
  /** Its peer sent FIN. */
  #ended = false;
  #gone = false;
  #paused = false;

  constructor(wire: Wire, tunnel: Tunnel) {
    this.wire = wire;
    this.#tunnel = tunnel;
  }

  onBytes(buffer: Buffer, length: number): void {
    this.pass(length === buffer.length ? buffer : buffer.subarray(0, length));
  }

  /** Sends bytes from here to the other side. */
  pass(chunk: Uint8Array): void {
    const tunnel = this.#tunnel;
    this.bytes += chunk.length;
    if (this.counter !== null) this.counter.add(chunk.length);
    tunnel.owner.onMoved();
    if (tunnel.other(this).wire.bytes(chunk) || this.#paused) return;
    this.#paused = true;
    this.wire.pause();
    tunnel.owner.onPaused(this);
  }

  onDrain(): void {
    this.#tunnel.owner.onMoved();
    this.#tunnel.other(this).goOn();
  }

  /** The other side takes bytes again. */
  goOn(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.wire.resume();
    this.#tunnel.owner.onResumed(this);
  }

  onEof(): void {
    this.#ended = true;
    this.#tunnel.other(this).wire.end();
  }

  onClose(error: string): void {
    const tunnel = this.#tunnel;
    const other = tunnel.other(this);
    this.#gone = true;
    if (!other.#gone && (error !== '' || !this.#ended || !other.#ended)) {
      tunnel.owner.onBroken(this);
      // A reset stays a reset: who is told FIN would take what came for all there was.
      other.wire.destroy(error !== '' || !this.#ended);
    }
    if (other.#gone) tunnel.owner.onOver();
  }
}
