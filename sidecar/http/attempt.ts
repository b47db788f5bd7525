import { WheelTimer } from '../../shared/time/wheel.ts';
import type { LiveEndpoint } from '../cluster/live-endpoint.ts';
import { observationOfFailure, observationOfStatus } from '../cluster/outlier/observation.ts';
import type { AttemptSink, ClientStream } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';
import { FAILURE, type Failure } from '../core/outcome.ts';
import type { PoolWaiter } from '../core/pool.ts';
import type { Forward } from './forward.ts';

/**
 * One attempt at one endpoint: wait for a connection, send, receive. It tells its loop what happens and owes the
 * endpoint `begin` once, `observed` at most once and `end` exactly once (decision D7).
 */
export class Attempt implements PoolWaiter, AttemptSink {
  readonly #forward: Forward;
  readonly endpoint: LiveEndpoint;
  /** Monotonic ms. */
  readonly started: number;
  #stream: ClientStream | null = null;
  #perTry: WheelTimer | null = null;
  #observed = false;
  #over = false;

  constructor(forward: Forward, endpoint: LiveEndpoint, now: number) {
    this.#forward = forward;
    this.endpoint = endpoint;
    this.started = now;
  }

  /** Bytes of the request may have reached the endpoint. */
  get sent(): boolean {
    return this.#stream !== null && this.#stream.written > 0;
  }

  get stream(): ClientStream | null {
    return this.#stream;
  }

  begin(perTryTimeout: number): void {
    this.endpoint.begin();
    if (perTryTimeout > 0) {
      this.#perTry = new WheelTimer(() => this.#timedOut());
      this.#forward.call.context.wheel.start(this.#perTry, perTryTimeout, this.#forward.call.context.turn.now);
    }
    this.endpoint.pool.lease(this);
  }

  /** Gives up, whatever the state: the loser, the late, the abandoned. */
  cancel(): void {
    if (this.#over) return;
    if (this.#stream) {
      this.#forward.upstream.stats.upstreamRqTxReset.inc();
      this.#stream.cancel();
    } else this.endpoint.pool.abandon(this);
    this.#close();
  }

  onStream(stream: ClientStream): void {
    const { stats } = this.#forward.upstream;
    stats.upstreamRqTotal.inc();
    stats.upstreamRqActive.inc();
    this.#stream = stream;
    this.#forward.send(this, stream);
  }

  onRefused(failure: Failure): void {
    this.onFailure(failure);
  }

  onInform(status: number, headers: HeaderList): void {
    this.#forward.call.inform(status, headers);
  }

  onStart(status: number, headers: HeaderList, length: number): void {
    if (this.#perTry) this.#forward.call.context.wheel.stop(this.#perTry);
    this.#observed = true;
    this.endpoint.observed(observationOfStatus(status), this.#forward.call.context.turn.now - this.started);
    this.#forward.call.respond(this, status, headers, length);
  }

  onData(chunk: Uint8Array): boolean {
    return this.#forward.call.responseData(chunk);
  }

  onEnd(trailers: HeaderList | null): void {
    this.#close();
    this.#forward.call.responseEnd(trailers);
  }

  onFailure(failure: Failure): void {
    if (this.#over) return;
    if (!this.#observed) {
      this.#observed = true;
      this.endpoint.observed(observationOfFailure(failure), 0);
    }
    if (this.#stream) this.#forward.upstream.stats.upstreamRqRxReset.inc();
    this.#close();
    this.#forward.attemptFailed(this, failure);
  }

  onDrain(): void {
    this.#forward.call.upstreamDrained();
  }

  #timedOut(): void {
    if (this.#over || this.#observed) return;
    this.#observed = true;
    this.endpoint.observed(observationOfFailure(FAILURE.perTryTimeout), 0);
    this.#forward.upstream.stats.upstreamRqPerTryTimeout.inc();
    this.cancel();
    this.#forward.attemptFailed(this, FAILURE.perTryTimeout);
  }

  #close(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#perTry) this.#forward.call.context.wheel.stop(this.#perTry);
    if (this.#stream) this.#forward.upstream.stats.upstreamRqActive.add(-1);
    this.endpoint.end();
  }
}
