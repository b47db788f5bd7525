import { asBuffer } from '../codec/latin1.ts';
import type { AttemptSink, ClientStream } from '../core/exchange.ts';
import { HeaderList } from '../core/headers.ts';
import type { Failure } from '../core/outcome.ts';
import type { Dial, DialWaiter, PoolWaiter, RawConnection, StreamSource } from '../core/pool.ts';
import type { Flushable, Turn } from '../core/turn.ts';
import type { Wire, WireSink } from '../core/wire.ts';

/**
 * A stream as the connection that it stands for, so that the faults which stand on the way of a request's attempt
 * (filter/way.ts) can stand on the way of a TCP connection, too.
 */
export class StreamWire implements Dial, RawConnection, PoolWaiter, AttemptSink, Wire, Flushable {
  readonly version = 11;
  sink: WireSink = NOBODY;
  backedUp = false;
  readonly #source: StreamSource;
  readonly #waiter: DialWaiter;
  readonly #turn: Turn;
  #stream: ClientStream | null = null;
  #written = 0;
  #paused = false;
  /** We have sent FIN; the endpoint has. */
  #finished = false;
  #ended = false;
  #gone = false;

  /** `source` gives raw streams (upstream/raw-stream.ts), perhaps behind faults. */
  constructor(source: StreamSource, waiter: DialWaiter, turn: Turn) {
    this.#source = source;
    this.#waiter = waiter;
    this.#turn = turn;
  }

  begin(): void {
    this.#source.lease(this);
  }

  cancel(): void {
    this.#source.abandon(this);
  }

  onStream(stream: ClientStream): void {
    this.#stream = stream;
    stream.start('CONNECT', '', '', HeaderList.of(), -1, this);
    this.#waiter.onConnected(this);
  }

  onRefused(failure: Failure): void {
    this.#waiter.onRefused(failure);
  }

  get wire(): Wire {
    return this;
  }

  /** The stream has told the pool. */
  over(): void {}

  get written(): number {
    return this.#stream === null ? this.#written : this.#stream.written;
  }

  text(text: string): void {
    this.bytes(Buffer.from(text, 'latin1'));
  }

  bytes(chunk: Uint8Array): boolean {
    if (this.#stream === null || this.#finished) return true;
    if (!this.#stream.write(chunk)) this.backedUp = true;
    return !this.backedUp;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#stream?.resume();
  }

  end(): void {
    if (this.#finished) return;
    this.#finished = true;
    if (this.#stream === null) this.#close();
    else this.#stream.end(null);
  }

  close(): void {
    this.end();
  }

  destroy(): void {
    if (this.#gone) return;
    const stream = this.#letGo();
    stream?.cancel();
    this.#close();
  }

  onInform(): void {}
  onStart(): void {}

  onData(chunk: Uint8Array): boolean {
    this.sink.onBytes(asBuffer(chunk), chunk.length);
    return !this.#paused;
  }

  onDrain(): void {
    this.backedUp = false;
    this.sink.onDrain();
  }

  onHalfClosed(): void {
    this.#ended = true;
    this.sink.onEof();
  }

  onEnd(): void {
    this.#letGo();
    if (!this.#ended) this.onHalfClosed();
    if (this.#finished) this.#close();
  }

  onFailure(): void {
    this.#letGo();
    if (this.#gone) return;
    this.#gone = true;
    this.sink.onClose('ECONNRESET');
  }

  flush(): void {
    this.sink.onClose('');
  }

  #letGo(): ClientStream | null {
    const stream = this.#stream;
    if (stream !== null) this.#written = stream.written;
    this.#stream = null;
    return stream;
  }

  /** As with a socket, that it is closed is told later than what led to it. */
  #close(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#turn.mark(this);
  }
}

/** Until the taker sets its own. */
const NOBODY: WireSink = { onBytes() {}, onDrain() {}, onEof() {}, onClose() {} };
