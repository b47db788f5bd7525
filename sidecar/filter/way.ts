import type { AttemptSink, ClientStream } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';
import type { Failure } from '../core/outcome.ts';
import type { PoolWaiter, StreamSource } from '../core/pool.ts';

/**
 * The way of one attempt from its loop to the endpoint and back, on which a fault may stand: it is a pool to the attempt, a
 * waiter to the pool, a stream to the attempt and a sink to the stream. As it is here, all passes; faults override what
 * they change. A connection that came to its end belongs to others, so it is let go of at once.
 */
export class Way implements StreamSource, PoolWaiter, ClientStream, AttemptSink {
  protected readonly source: StreamSource;
  protected stream: ClientStream | null = null;
  protected waiter: PoolWaiter | null = null;
  protected sink: AttemptSink | null = null;
  #written = 0;

  constructor(source: StreamSource) {
    this.source = source;
  }

  lease(waiter: PoolWaiter): void {
    this.waiter = waiter;
    this.source.lease(this);
  }

  abandon(_waiter: PoolWaiter): void {
    this.waiter = null;
    this.source.abandon(this);
  }

  get version(): number {
    return this.waiter === null ? 11 : this.waiter.version;
  }

  onStream(stream: ClientStream): void {
    this.stream = stream;
    this.waiter?.onStream(this);
  }

  onRefused(failure: Failure): void {
    this.waiter?.onRefused(failure);
  }

  get written(): number {
    return this.stream === null ? this.#written : this.stream.written;
  }

  start(
    method: string,
    authority: string,
    path: string,
    headers: HeaderList,
    length: number,
    sink: AttemptSink,
    protocol?: string,
  ): void {
    this.sink = sink;
    this.stream?.start(method, authority, path, headers, length, this, protocol);
  }

  write(chunk: Uint8Array): boolean {
    return this.stream === null || this.stream.write(chunk);
  }

  end(trailers: HeaderList | null): void {
    this.stream?.end(trailers);
  }

  cancel(): void {
    this.sink = null;
    const { stream } = this;
    this.release();
    stream?.cancel();
  }

  pause(): void {
    this.stream?.pause();
  }

  resume(): void {
    this.stream?.resume();
  }

  onInform(status: number, headers: HeaderList): void {
    this.sink?.onInform(status, headers);
  }

  onStart(status: number, headers: HeaderList, length: number): void {
    this.sink?.onStart(status, headers, length);
  }

  onData(chunk: Uint8Array): boolean {
    return this.sink === null || this.sink.onData(chunk);
  }

  onHalfClosed(): void {
    this.sink?.onHalfClosed?.();
  }

  onEnd(trailers: HeaderList | null): void {
    this.release();
    this.sink?.onEnd(trailers);
  }

  onFailure(failure: Failure): void {
    this.release();
    this.sink?.onFailure(failure);
  }

  onDrain(): void {
    this.sink?.onDrain();
  }

  /** The stream is no longer ours. */
  protected release(): void {
    if (this.stream !== null) this.#written = this.stream.written;
    this.stream = null;
  }
}
