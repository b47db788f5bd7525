import type { Dial, DialWaiter, Pool, PoolWaiter } from '../core/pool.ts';

/** Connections by the protocol in which the client came (Envoy's use_downstream_protocol_config). */
export class DownstreamPool implements Pool {
  readonly #http1: Pool;
  readonly #http2: Pool;

  constructor(http1: Pool, http2: Pool) {
    this.#http1 = http1;
    this.#http2 = http2;
  }

  lease(waiter: PoolWaiter): void {
    (waiter.version === 20 ? this.#http2 : this.#http1).lease(waiter);
  }

  abandon(waiter: PoolWaiter): void {
    (waiter.version === 20 ? this.#http2 : this.#http1).abandon(waiter);
  }

  dial(waiter: DialWaiter): Dial {
    return this.#http1.dial(waiter);
  }

  drain(): void {
    this.#http1.drain();
    this.#http2.drain();
  }
}
