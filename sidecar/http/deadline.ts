import { WheelTimer } from '../../shared/time/wheel.ts';
import type { Exchange } from '../core/exchange.ts';
import { H } from '../core/headers.ts';
import type { HttpContext } from './context.ts';

/**
 * When a request has to be over: the route's timeout, which counts from the end of the request, and the longest life of the
 * stream, which counts from its beginning. Whichever comes first; `x.deadline` says it to retries and to the next hop.
 */
export class Deadline {
  readonly #context: HttpContext;
  readonly #x: Exchange;
  readonly #timer: WheelTimer;

  constructor(context: HttpContext, x: Exchange, passed: () => void) {
    this.#context = context;
    this.#x = x;
    this.#timer = new WheelTimer(passed);
  }

  /** Ms from now; 0 = no limit. */
  in(ms: number): void {
    if (ms > 0) this.#at(this.#context.turn.now + ms);
  }

  /** Ms from the beginning of the request; 0 = no limit. */
  ofStream(ms: number): void {
    if (ms > 0) this.#at(this.#x.started + ms);
  }

  stop(): void {
    this.#context.wheel.stop(this.#timer);
  }

  #at(deadline: number): void {
    const x = this.#x;
    const { turn, wheel } = this.#context;
    if (x.deadline > 0 && x.deadline <= deadline) return;
    x.deadline = deadline;
    wheel.start(this.#timer, Math.max(0, deadline - turn.now), turn.now);
  }
}

const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 };

/** Ms of a grpc-timeout, at least 1; 0 = there is none that can be read. Source: gRPC over HTTP/2, "Timeout". */
export function grpcTimeout(x: Exchange): number {
  const text = x.headers.getKnown(H['grpc-timeout']);
  if (text === undefined) return 0;
  const parts = /^(\d{1,8})([HMSmun])$/.exec(text);
  if (parts === null) return 0;
  return Math.max(1, Number(parts[1]) * (UNITS[parts[2] as string] as number));
}

/** What is left, as the next hop is to know it: in ms, or in seconds where eight digits do not suffice. */
export function grpcTimeoutText(ms: number): string {
  const whole = Math.max(1, Math.floor(ms));
  return whole < 100_000_000 ? `${whole}m` : `${Math.floor(whole / 1_000)}S`;
}
