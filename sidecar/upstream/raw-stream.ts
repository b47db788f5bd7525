import type { AttemptSink, ClientStream } from '../core/exchange.ts';
import { HeaderList } from '../core/headers.ts';
import { FAILURE, type Failure } from '../core/outcome.ts';
import type { Dial, DialWaiter, Pool, PoolWaiter, RawConnection, StreamSource } from '../core/pool.ts';
import type { Flushable, Turn } from '../core/turn.ts';
import type { Wire, WireSink } from '../core/wire.ts';

/** Streams that are connections of their own: for CONNECT, whose bytes go to the endpoint as they are. */
export class RawStreams implements StreamSource, DialWaiter {
  readonly #pool: Pool;
  readonly #turn: Turn;
  #waiter: PoolWaiter | null = null;
  #dial: Dial | null = null;

  /** For one waiter. */
  constructor(pool: Pool, turn: Turn) {
    this.#pool = pool;
    this.#turn = turn;
  }

  lease(waiter: PoolWaiter): void {
    this.#waiter = waiter;
    const dial = this.#pool.dial(this);
    if (this.#waiter !== null) this.#dial = dial;
  }

  abandon(): void {
    this.#waiter = null;
    this.#dial?.cancel();
  }

  onConnected(connection: RawConnection): void {
    const waiter = this.#waiter;
    this.#waiter = null;
    waiter?.onStream(new RawStream(connection, this.#turn));
  }

  onRefused(failure: Failure): void {
    const waiter = this.#waiter;
    this.#waiter = null;
    waiter?.onRefused(failure);
  }
}

/** The bytes of one connection as the body of an exchange: its head is a 200 of ours, since there is nobody who would say it. */
class RawStream implements ClientStream, WireSink, Flushable {
  readonly #connection: RawConnection;
  readonly #wire: Wire;
  readonly #turn: Turn;
  #sink: AttemptSink | null = null;
  #paused = false;
  /** We have sent FIN; the endpoint has. */
  #finished = false;
  #ended = false;

  constructor(connection: RawConnection, turn: Turn) {
    this.#connection = connection;
    this.#turn = turn;
    this.#wire = connection.wire;
    this.#wire.sink = this;
  }

  get written(): number {
    return this.#wire.written;
  }

  start(
    _method: string,
    _authority: string,
    _path: string,
    _headers: HeaderList,
    _length: number,
    sink: AttemptSink,
  ): void {
    this.#sink = sink;
    // As any other, the answer comes after what was there of the request: the client may have sent bytes already.
    this.#turn.mark(this);
  }

  flush(): void {
    this.#sink?.onStart(200, HeaderList.of(), -1);
  }

  write(chunk: Uint8Array): boolean {
    this.#wire.bytes(chunk);
    return !this.#wire.backedUp;
  }

  end(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#wire.end();
    if (this.#ended) this.#complete();
  }

  cancel(): void {
    this.#sink = null;
    this.#wire.destroy(true);
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#wire.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#wire.resume();
  }

  onBytes(buffer: Buffer, length: number): void {
    const sink = this.#sink;
    if (sink !== null && !sink.onData(length === buffer.length ? buffer : buffer.subarray(0, length))) this.pause();
  }

  onDrain(): void {
    this.#sink?.onDrain();
  }

  onEof(): void {
    this.#ended = true;
    if (!this.#finished && this.#sink?.onHalfClosed) this.#sink.onHalfClosed();
    else this.#complete();
  }

  onClose(): void {
    this.#connection.over();
    const sink = this.#sink;
    this.#sink = null;
    sink?.onFailure(FAILURE.truncated);
  }

  /** Each side has said all; the connection closes by itself once we have sent FIN, too. */
  #complete(): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#wire.close();
    sink?.onEnd(null);
  }
}
