import type { Exchange } from '../core/exchange.ts';
import type { LocalReply } from '../core/filter.ts';
import type { Dial, DialWaiter, Pool, StreamSource } from '../core/pool.ts';
import type { Turn } from '../core/turn.ts';
import { ChainRun } from '../filter/chain.ts';
import type { AssignedFaults } from '../filter/fault-assignment.ts';
import { joinedDetours, noted } from '../filter/injection.ts';
import { injectedFailure } from '../http/injected.ts';
import { RawStreams } from '../upstream/raw-stream.ts';
import { StreamWire } from './stream-wire.ts';
import { NO_PEER, tcpExchange } from './tcp-exchange.ts';

/**
 * The faults on one TCP connection: what they do to a request, its attempts and its response, they do to the connection, the
 * attempts to connect and what the endpoint sends. An abort closes the connection with RST. Rules that look for something in a
 * request do not concern it.
 */
export class TcpFaults implements Dial {
  /** Failures of the attempt under way are injected, and nobody is to blame. */
  exempt = false;
  readonly #assigned: AssignedFaults;
  readonly #turn: Turn;
  readonly #x: Exchange;
  #connection: ChainRun | null = null;
  #attempt: ChainRun | null = null;
  #dial: Dial | null = null;
  /** Attempts begun. */
  #begun = 0;

  constructor(assigned: AssignedFaults, turn: Turn) {
    this.#assigned = assigned;
    this.#turn = turn;
    this.#x = tcpExchange(NO_PEER, '', turn.now);
  }

  /** RESPONSE_FLAG bits of what was injected. */
  get flags(): number {
    return this.#x.flags;
  }

  /** Draws for the connection; `done` is called once unless it is over before. */
  begin(done: (reply: LocalReply | null) => void): void {
    const { perRequest } = this.#assigned;
    if (perRequest === null) return done(null);
    this.#connection = new ChainRun([perRequest], this.#x, done);
    this.#connection.start();
  }

  /** Draws for one attempt, and makes it. */
  dial(pool: Pool, waiter: DialWaiter): Dial {
    const { perAttempt } = this.#assigned;
    this.#attempt?.end();
    this.#dial = null;
    this.#begun += 1;
    this.exempt = false;
    if (perAttempt === null) this.#connect(pool, waiter);
    else {
      this.#attempt = new ChainRun([perAttempt], this.#x, (reply) => {
        if (reply === null) return this.#connect(pool, waiter);
        this.exempt = reply.exempt === true;
        waiter.onRefused(injectedFailure(reply));
      });
      this.#attempt.start();
    }
    return this;
  }

  /** Gives up an attempt that was not called back. */
  cancel(): void {
    this.#attempt?.end();
    this.#dial?.cancel();
  }

  /** The connection is over. */
  end(): void {
    this.#attempt?.end();
    this.#connection?.end();
  }

  #connect(pool: Pool, waiter: DialWaiter): void {
    const x = this.#x;
    const { attemptDetour, detour } = x;
    x.attemptDetour = null;
    const way = attemptDetour === null ? detour : joinedDetours(attemptDetour, detour);
    if (way === null) {
      const begun = this.#begun;
      const dial = pool.dial(waiter);
      // Refused already, another attempt may have begun.
      if (this.#begun === begun) this.#dial = dial;
      return;
    }
    this.exempt = way.exempt;
    const source: StreamSource = way.through(new RawStreams(pool, this.#turn), noted(x));
    const wire = new StreamWire(source, waiter, this.#turn);
    this.#dial = wire;
    wire.begin();
  }
}
