import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterLimits } from '../cluster/limits.ts';
import type { LiveEndpoint } from '../cluster/live-endpoint.ts';
import type { RetryPolicy } from '../cluster/retry/policy.ts';
import { takeUnanswered, UNANSWERED, type Unanswered } from '../cluster/retry/unanswered.ts';
import type { LocalReply } from '../core/filter.ts';
import { H, type HeaderList } from '../core/headers.ts';
import { FAILURE, type Failure, RESPONSE_FLAG } from '../core/outcome.ts';
import { Preference } from '../core/preference.ts';
import type { RouteEntry } from '../route/table.ts';
import type { Call } from './call.ts';
import type { Upstream } from './context.ts';
import { attemptsBefore, NO_RETRY, saysNoRetry } from './retried.ts';

const GRPC_STATUS = H['grpc-status'];
/** Bytes of a body that are kept where no policy asks for retries, for an endpoint that does nothing with the request. */
const UNPROCESSED_BYTES = 64 * 1024;
/** Of a server that does not want to see the call again. */
export const NEVER = -2;

/** The endpoint surely did nothing with it: it says so, or the connection went before anything was written. */
export function unprocessed(failure: Failure, sent: boolean): boolean {
  return failure === FAILURE.refused || (failure === FAILURE.reset && !sent);
}

/** How often one request was repeated, and whether it may be again: by policy, count, body, deadline and budget. */
export class Repeats {
  /** The route's, or as the caller changed it. */
  readonly policy: RetryPolicy | null;
  /** Attempts that others made of this request before it came here. */
  readonly before: number;
  count = 0;
  /** Endpoints that an attempt failed at, for policies that avoid them. */
  tried: LiveEndpoint[] | null = null;
  readonly #call: Call;
  /** Something ruled out another attempt that the policy would make. */
  #spent = false;
  /** Attempts of which no endpoint can have begun with anything. */
  #unsent = 0;
  /** An endpoint did nothing with the request, and it was repeated without a policy. */
  repeatedRefused = false;
  /** A retry counts against this from its decision until the attempt has its head, or has failed (as in Envoy). */
  #counted: ClusterLimits | null = null;

  constructor(call: Call, policy: RetryPolicy | null) {
    this.#call = call;
    this.policy = policy;
    this.before = policy?.classes ? attemptsBefore(call.x) : 0;
  }

  /** Bytes of the request's body that an attempt which begins now keeps for another. */
  keeps({ bufferLimit }: RouteEntry, { cluster }: Upstream): number {
    if (this.policy !== null && this.count < this.policy.attempts) return bufferLimit;
    const { protocol } = cluster.plan;
    const mayBeRefused = protocol === 'downstream' ? this.#call.x.version === 20 : protocol !== 'http1';
    return mayBeRefused && !this.repeatedRefused ? Math.min(bufferLimit, UNPROCESSED_BYTES) : 0;
  }

  /**
   * Whether a gRPC status may follow this head that would be retried as long as the client knows nothing of it, or at least
   * be marked as retried enough.
   */
  awaitsStatus(status: number, headers: HeaderList): boolean {
    const { policy } = this;
    const { replayable, responding, x } = this.#call;
    if (policy === null || !policy.grpc || !x.grpc || status !== 200 || responding || !replayable) return false;
    return headers.getKnown(GRPC_STATUS) === undefined && !this.restrained(headers);
  }

  /** After a failure without a response. */
  wantsAfter(failure: Failure, sent: boolean): boolean {
    if (!sent && failure.kind !== 'injected') this.#unsent += 1;
    if (this.before > 0 && (sent || failure.kind === 'injected')) return false;
    return this.policy?.retryFailure(this.#call.x, failure, sent) === true;
  }

  /**
   * After a failure without a response: no back-off when the retry goes to an endpoint that has not been tried. It is not the one
   * that fails which is asked again, and that all of them are asked too much the budget prevents. Where not all will do, it may be.
   */
  atOnce({ available }: Cluster): boolean {
    const { policy } = this;
    if (policy?.classes !== true || !policy.avoidTried || available <= this.count + 1) return false;
    const { hash } = this.#call.x;
    return !(hash instanceof Preference) || (hash.subset === '' && !hash.strict);
  }

  /** What a hop behind this one says of a request that nobody answered; it is for us, and for none before us. */
  unanswered(status: number, headers: HeaderList): Unanswered {
    return this.policy?.classes === true ? takeUnanswered(status, headers) : '';
  }

  /** After the head of a response that the policy would repeat: not when others have repeated it enough. */
  restrained(headers: HeaderList): boolean {
    return this.policy?.classes === true && (this.before > 0 || saysNoRetry(headers));
  }

  /**
   * Once for each request, whatever the policy: a server that says that it looked at nothing of a stream (REFUSED_STREAM, or
   * a GOAWAY below it), or a connection that went before anything was written, has not begun with it (RFC 9113 8.7; gRFC A6,
   * "transparent retries"). It counts for nothing, and the second time the policy says what follows.
   */
  repeatsRefused(): boolean {
    const { context, replayable, x } = this.#call;
    if (this.repeatedRefused || !replayable || (x.deadline > 0 && context.turn.now >= x.deadline)) return false;
    this.repeatedRefused = true;
    this.#unsent += 1;
    return true;
  }

  /**
   * Ms that a response asks to wait; 0 = it need not, -1 = a back-off, NEVER = it asks not to come again. `fields`: where a gRPC status was
   * found, beside which grpc-retry-pushback-ms stands (gRFC A6): what is no number of ms means never.
   */
  asked(headers: HeaderList, fields: HeaderList, unanswered: Unanswered, cluster: Cluster): number {
    if (unanswered !== '' && this.atOnce(cluster)) return 0;
    const { date, random } = this.#call.context;
    const pushback = this.#call.x.grpc ? fields.get('grpc-retry-pushback-ms') : undefined;
    if (pushback !== undefined) return /^\d{1,9}$/.test(pushback) ? Number(pushback) : NEVER;
    return this.policy?.plan.rateLimited ? this.policy.askedBackoff(headers, Date.parse(date.text), random) : -1;
  }

  /** Whether another attempt may begin in `wait` ms; then it counts. */
  admit({ cluster, stats }: Upstream, high: boolean, failed: LiveEndpoint, wait: number): boolean {
    const { policy } = this;
    if (policy === null) return false;
    const { context, replayable, x } = this.#call;
    const { now } = context.turn;
    this.#spent = true;
    if (this.count >= policy.attempts) {
      x.flags |= RESPONSE_FLAG.URX;
      stats.upstreamRqRetryLimitExceeded.inc();
      return false;
    }
    // Of a request that was sent in part another attempt needs the whole.
    if (!replayable) return false;
    if (x.deadline > 0 && now + wait >= x.deadline) return false;
    const limits = high ? cluster.highLimits : cluster.limits;
    this.settled();
    if (!limits.beginRetry(now)) {
      x.flags |= RESPONSE_FLAG.UO;
      stats.upstreamRqRetryOverflow.inc();
      return false;
    }
    this.#spent = false;
    this.#counted = limits;
    this.count += 1;
    stats.upstreamRqRetry.inc();
    if (policy.avoidTried) {
      if (this.tried === null) this.tried = [failed];
      else this.tried.push(failed);
    }
    return true;
  }

  /** The retry that was admitted last has its head, or has failed. */
  settled(): void {
    if (this.#counted === null) return;
    this.#counted.endRetry();
    this.#counted = null;
  }

  /** Says to those who would try again that this was done. */
  mark(headers: HeaderList): void {
    if (this.#spent && this.policy?.classes === true) headers.set(NO_RETRY, '1');
  }

  /**
   * The reply to a failure without a response, for the hop before this one. That there were retries says nothing to it when they
   * all went to the only endpoint that there is, as of a sidecar that passes calls on to its own program: it has others. Not for a
   * program's own calls: one that copies what it was answered would say it of itself, and be asked twice.
   */
  concluded(reply: LocalReply, { kind }: Failure, { set }: Cluster): LocalReply {
    if (this.policy?.classes !== true) return reply;
    if (kind !== 'connect-failure' && kind !== 'connect-timeout' && kind !== 'reset') return this.marked(reply);
    if (this.#call.context.outbound) return this.marked(reply);
    const unanswered = this.#unsent === this.#call.x.attempts ? 'unsent' : 'sent';
    const told = { ...reply, headers: [...(reply.headers ?? []), UNANSWERED, unanswered] };
    return set.endpoints.length === 1 ? told : this.marked(told);
  }

  marked(reply: LocalReply): LocalReply {
    if (!this.#spent || this.policy?.classes !== true) return reply;
    return { ...reply, headers: [...(reply.headers ?? []), NO_RETRY, '1'] };
  }
}
