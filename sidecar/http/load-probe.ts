import { type Wheel, WheelTimer } from '../../shared/time/wheel.ts';
import type { LiveEndpoint } from '../cluster/live-endpoint.ts';
import type { ProbeAnswer, Prober } from '../cluster/prequal/prequal-picker.ts';
import type { AttemptSink, ClientStream } from '../core/exchange.ts';
import { HeaderList } from '../core/headers.ts';
import type { PoolWaiter } from '../core/pool.ts';
import type { Turn } from '../core/turn.ts';
import { IN_FLIGHT_HEADER, LATENCY_HEADER, LOAD_PATH } from './service-load.ts';

/** An answer that takes longer is no news, ms. */
const PATIENCE = 1_000;

/** Asks endpoints for their load over the connections that requests use. */
export function loadProber(turn: Turn, wheel: Wheel): Prober {
  return (endpoint, done) => new LoadProbe(endpoint, done, wheel).begin(turn.now);
}

/** One probe: a request that a sidecar answers itself. An answer from anybody else means that there is no sidecar. */
class LoadProbe implements PoolWaiter, AttemptSink {
  readonly version = 11;
  readonly #endpoint: LiveEndpoint;
  readonly #done: (answer: ProbeAnswer) => void;
  readonly #wheel: Wheel;
  readonly #timer = new WheelTimer(() => this.#giveUp());
  #stream: ClientStream | null = null;

  constructor(endpoint: LiveEndpoint, done: (answer: ProbeAnswer) => void, wheel: Wheel) {
    this.#endpoint = endpoint;
    this.#done = done;
    this.#wheel = wheel;
  }

  begin(now: number): void {
    this.#wheel.start(this.#timer, PATIENCE, now);
    this.#endpoint.pool.lease(this);
  }

  onStream(stream: ClientStream): void {
    this.#stream = stream;
    stream.start('GET', this.#endpoint.name, LOAD_PATH, HeaderList.of(), 0, this);
    stream.end(null);
  }

  onRefused(): void {
    this.#wheel.stop(this.#timer);
  }

  onInform(): void {}

  onStart(_status: number, headers: HeaderList): void {
    const inFlight = headers.get(IN_FLIGHT_HEADER);
    this.#done(
      inFlight === undefined
        ? null
        : { inFlight: Number(inFlight) || 0, latency: Number(headers.get(LATENCY_HEADER)) || 0 },
    );
  }

  onData(): boolean {
    return true;
  }

  onEnd(): void {
    this.#wheel.stop(this.#timer);
  }

  onFailure(): void {
    this.#wheel.stop(this.#timer);
  }

  onDrain(): void {}

  #giveUp(): void {
    if (this.#stream === null) this.#endpoint.pool.abandon(this);
    else this.#stream.cancel();
  }
}
