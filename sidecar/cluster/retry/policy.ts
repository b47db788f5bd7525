import type { Random } from '../../../shared/struct/random.ts';
import type { Exchange } from '../../core/exchange.ts';
import { grpcStatusIn } from '../../core/grpc.ts';
import { H, type HeaderList } from '../../core/headers.ts';
import type { Failure } from '../../core/outcome.ts';
import type { RetryPlan } from '../../core/plan/route.ts';
import { backoff } from './backoff.ts';
import { conditionOfGrpcStatus, isRetryWord, RETRY_ON } from './condition.ts';
import type { Unanswered } from './unanswered.ts';

/** Whatever breaks an attempt off. */
const ANY_RESET = RETRY_ON.reset | RETRY_ON['5xx'] | RETRY_ON['gateway-error'];
/** What is met by an attempt that never reached the endpoint. */
const NEVER_SENT =
  ANY_RESET | RETRY_ON['reset-before-request'] | RETRY_ON['connect-failure'] | RETRY_ON['refused-stream'];
const GRPC_WORDS =
  RETRY_ON.cancelled |
  RETRY_ON['deadline-exceeded'] |
  RETRY_ON.internal |
  RETRY_ON['resource-exhausted'] |
  RETRY_ON.unavailable;

/** Idempotent methods of RFC 9110 9.2.2, which include the safe ones. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Whether the head of a response is one that the policy means. */
export type HeadersTest = (headers: HeaderList) => boolean;

/**
 * Which failed attempts of a route are worth another one. It only answers; count, budget, deadline and whether the body
 * can still be repeated are the caller's to check.
 *
 * Without `classes` the words of retry_on mean what Envoy means by them. With `classes` (decision D11) the words choose
 * the failures, and the method says whether repeating is safe: an attempt that never sent a byte may be repeated with any
 * method, any other only when the method is idempotent, the request has an Idempotency-Key, or the policy says so. All of
 * gRPC is POST, so there the words for its statuses are the consent, as retryable status codes are in gRPC's own retries
 * (gRFC A6), and they mean the statuses that a client takes a reset or a lost connection for, too.
 */
export class RetryPolicy {
  readonly plan: RetryPlan;
  readonly attempts: number;
  /** Ms; 0 = none. */
  readonly perTryTimeout: number;
  /** Ms between pieces of a response; 0 = no limit. */
  readonly perTryIdleTimeout: number;
  /** Ms after which another attempt begins beside the first; 0 = never. */
  readonly hedgeAfter: number;
  /** Any of these three is set. */
  readonly timed: boolean;
  readonly avoidTried: boolean;
  /** Aya's classes, and so restraint over hops. */
  readonly classes: boolean;
  /** For the word retriable-headers. */
  readonly retriableHeaders: HeadersTest | null;
  readonly hostSelectionAttempts: number;
  /** Some gRPC status is retried. */
  readonly grpc: boolean;
  readonly #on: number;
  readonly #codes: ReadonlySet<number>;
  readonly #nonIdempotent: boolean;
  readonly #base: number;
  readonly #max: number;

  /** Words that are no condition count for nothing: they are refused where configuration comes in. */
  constructor(plan: RetryPlan, retriableHeaders: HeadersTest | null = null) {
    this.plan = plan;
    this.retriableHeaders = retriableHeaders;
    this.classes = plan.classes;
    this.perTryIdleTimeout = plan.perTryIdleTimeout ?? 0;
    this.hedgeAfter = plan.hedgeAfter ?? 0;
    this.attempts = plan.attempts;
    this.perTryTimeout = plan.perTryTimeout;
    this.timed = this.perTryTimeout > 0 || this.perTryIdleTimeout > 0 || this.hedgeAfter > 0;
    this.avoidTried = plan.avoidTried;
    this.hostSelectionAttempts = plan.hostSelectionAttempts;
    this.#on = plan.on.reduce((bits, word) => (isRetryWord(word) ? bits | RETRY_ON[word] : bits), 0);
    this.grpc = (this.#on & GRPC_WORDS) !== 0;
    this.#codes = new Set(plan.statusCodes);
    this.#nonIdempotent = plan.nonIdempotent;
    this.#base = plan.backoffBase;
    this.#max = plan.backoffMax;
  }

  /** Ms to wait before retry number `retry` (1 = the first). */
  backoff(retry: number, random: Random): number {
    return backoff(retry, this.#base, this.#max, random);
  }

  /**
   * Ms that a response asks to wait, up to half as long again so that those who were told the same do not come back together;
   * -1 when it asks for nothing that the policy reads. `wall`: Unix ms.
   */
  askedBackoff(headers: HeaderList, wall: number, random: Random): number {
    const { rateLimited } = this.plan;
    if (!rateLimited) return -1;
    for (const { name, unixTime } of rateLimited.headers) {
      const text = headers.get(name);
      if (text === undefined || !/^\d{1,12}$/.test(text)) continue;
      const ms = unixTime ? Number(text) * 1_000 - wall : Number(text) * 1_000;
      if (ms >= 0 && ms <= rateLimited.max) return ms * (1 + random() / 2);
    }
    return -1;
  }

  /** Whether two attempts at once do no harm. */
  hedges(x: Exchange): boolean {
    return this.#repeatable(x);
  }

  /** After a failure without a response. `sent`: a byte of the request was handed to the operating system. */
  retryFailure(x: Exchange, failure: Failure, sent: boolean): boolean {
    const on = this.#on;
    switch (failure.kind) {
      case 'no-host':
      case 'overflow':
      case 'timeout':
      case 'unsupported':
        return false;
      case 'injected':
        if (x.grpc && this.#meetsGrpc(failure.grpcStatus)) return true;
        return this.#meetsStatus(failure.status) && (!sent || this.#repeatable(x));
      default:
        break;
    }
    if (this.classes) {
      if (x.grpc && this.#meetsGrpc(failure.grpcStatus)) return true;
      if (!sent) return (on & NEVER_SENT) !== 0;
      return (on & ANY_RESET) !== 0 && this.#repeatable(x);
    }
    if ((on & ANY_RESET) !== 0) return true;
    if ((on & RETRY_ON['reset-before-request']) !== 0 && !sent) return true;
    const connecting = failure.kind === 'connect-failure' || failure.kind === 'connect-timeout';
    return connecting && (on & RETRY_ON['connect-failure']) !== 0;
  }

  /** After a response head. `fields` may hold a gRPC status: the head, or trailers that came without a message before. */
  retryStatus(
    x: Exchange,
    status: number,
    headers: HeaderList,
    fields = headers,
    unanswered: Unanswered = '',
  ): boolean {
    const on = this.#on;
    if (on === 0) return false;
    if (unanswered === 'unsent' && (on & NEVER_SENT) !== 0) return true;
    if (unanswered === 'sent' && (on & ANY_RESET) !== 0 && this.#repeatable(x)) return true;
    let met: boolean;
    if (headers.has('x-envoy-ratelimited')) met = (on & RETRY_ON['envoy-ratelimited']) !== 0;
    else {
      if (this.grpc) {
        const text = fields.getKnown(H['grpc-status']);
        if (text !== undefined && this.#meetsGrpc(grpcStatusIn(text))) return true;
      }
      met =
        this.#meetsStatus(status) ||
        ((on & RETRY_ON['retriable-headers']) !== 0 && this.retriableHeaders?.(headers) === true);
    }
    return met && this.#repeatable(x);
  }

  #meetsStatus(status: number): boolean {
    const on = this.#on;
    if (status >= 500) {
      if ((on & RETRY_ON['5xx']) !== 0) return true;
      if ((on & RETRY_ON['gateway-error']) !== 0 && status >= 502 && status <= 504) return true;
    }
    if (status === 409 && (on & RETRY_ON['retriable-4xx']) !== 0) return true;
    return (on & RETRY_ON['retriable-status-codes']) !== 0 && this.#codes.has(status);
  }

  #meetsGrpc(status: number): boolean {
    return (this.#on & conditionOfGrpcStatus(status)) !== 0;
  }

  /** Whether doing it twice is as good as once. */
  #repeatable(x: Exchange): boolean {
    if (!this.classes || this.#nonIdempotent) return true;
    return IDEMPOTENT.has(x.method) || x.headers.getKnown(H['idempotency-key']) !== undefined;
  }
}
