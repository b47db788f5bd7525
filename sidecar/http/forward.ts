import { WheelTimer } from '../../shared/time/wheel.ts';
import type { LiveEndpoint } from '../cluster/live-endpoint.ts';
import { observationOfStatus } from '../cluster/outlier/observation.ts';
import type { ClientStream, Exchange } from '../core/exchange.ts';
import type { LocalReply } from '../core/filter.ts';
import type { HeaderList } from '../core/headers.ts';
import { FAILURE, type Failure, RESPONSE_FLAG } from '../core/outcome.ts';
import { ChainRun } from '../filter/chain.ts';
import type { RouteEntry } from '../route/table.ts';
import { Attempt } from './attempt.ts';
import type { Call } from './call.ts';
import type { Upstream } from './context.ts';
import { REPLY } from './rescue.ts';

/**
 * The attempt loop of one request: pick an endpoint, pass the filters of the attempt, send, and on failure decide
 * whether another attempt follows (decisions D10, D11). It ends in exactly one of `call.respond` and `call.reply`.
 */
export class Forward {
  readonly call: Call;
  readonly #x: Exchange;
  readonly #entry: RouteEntry;
  readonly upstream: Upstream;
  #attempt: Attempt | null = null;
  #tried: LiveEndpoint[] | null = null;
  #filters: ChainRun | null = null;
  #backoff: WheelTimer | null = null;
  #retries = 0;

  constructor(call: Call, entry: RouteEntry, upstream: Upstream) {
    this.call = call;
    this.#x = call.x;
    this.#entry = entry;
    this.upstream = upstream;
  }

  /** The stream of the attempt under way, once there is one. */
  get stream(): ClientStream | null {
    return this.#attempt ? this.#attempt.stream : null;
  }

  /** Begins one attempt. */
  try(): void {
    const x = this.#x;
    const endpoint = this.upstream.cluster.pick(this.#tried, this.#entry.retry?.hostSelectionAttempts ?? 1);
    if (!endpoint) {
      x.flags |= FAILURE.noHost.flag;
      return this.call.reply(REPLY.of(FAILURE.noHost));
    }
    x.upstream = endpoint.name;
    x.attempts += 1;
    const filter = this.upstream.faults?.perAttempt;
    if (!filter) return this.#launch(endpoint);
    this.#filters = new ChainRun([filter], x, (reply) => {
      if (reply) this.#injected(reply, endpoint);
      else this.#launch(endpoint);
    });
    this.#filters.start();
  }

  #launch(endpoint: LiveEndpoint): void {
    const { retry } = this.#entry;
    const attempt = new Attempt(this, endpoint, this.call.context.turn.now);
    this.#attempt = attempt;
    attempt.begin(retry ? retry.perTryTimeout : 0);
  }

  /** An attempt has its stream: the head goes out, and what is there of the body. */
  send(attempt: Attempt, stream: ClientStream): void {
    const x = this.#x;
    const { body, requestEnded } = this.call;
    const last = !this.#mayRepeat();
    const headers = last ? x.headers : x.headers.clone();
    if (this.#entry.includeAttemptCount) headers.set('x-envoy-attempt-count', String(x.attempts));
    stream.start(x.method, x.authority, x.path, headers, x.bodyLength, attempt);
    if (!body) {
      if (requestEnded) stream.end(null);
      return;
    }
    for (const copy of body.copies) stream.write(copy);
    if (last) body.abandon();
    if (body.ended) stream.end(body.trailers);
    else x.stream.resume();
  }

  /** Another attempt may follow this one, so what it needs must be kept. */
  #mayRepeat(): boolean {
    const { retry } = this.#entry;
    return retry !== null && this.#retries < retry.attempts;
  }

  /** The attempt under way brought a final head; true when it is given up for another attempt. */
  retriesStatus(attempt: Attempt, status: number, headers: HeaderList): boolean {
    const { retry } = this.#entry;
    if (!retry || !this.#repeatable(true) || !retry.retryStatus(this.#x, status, headers)) return this.#settled(status);
    if (!this.#again(attempt.endpoint)) return false;
    this.#attempt = null;
    attempt.cancel();
    this.#filters?.end();
    return true;
  }

  #settled(status: number): false {
    if (this.#retries > 0 && status < 500) this.upstream.stats.upstreamRqRetrySuccess.inc();
    return false;
  }

  attemptEnded(): void {
    this.#attempt = null;
    this.#filters?.end();
  }

  attemptFailed(attempt: Attempt, failure: Failure): void {
    if (this.#attempt !== attempt) return;
    this.attemptEnded();
    const x = this.#x;
    if (this.call.responding) return this.call.truncate(failure);
    x.flags |= failure.flag;
    const { retry } = this.#entry;
    if (retry && this.#repeatable(attempt.sent) && retry.retryFailure(x, failure, attempt.sent)) {
      if (this.#again(attempt.endpoint)) return;
    }
    this.call.reply(REPLY.of(failure));
  }

  /** A fault answered in place of the endpoint: retries are exercised as by a real answer. */
  #injected(reply: LocalReply, endpoint: LiveEndpoint): void {
    this.#filters?.end();
    endpoint.begin();
    endpoint.observed(observationOfStatus(reply.status), 0);
    endpoint.end();
    const { retry } = this.#entry;
    const failure: Failure = { kind: 'injected', flag: reply.flags, status: reply.status, detail: reply.detail };
    if (retry?.retryFailure(this.#x, failure, false) && this.#again(endpoint)) return;
    this.call.reply(reply);
  }

  /** The request can be sent again as a whole. */
  #repeatable(sent: boolean): boolean {
    return !sent || !this.call.body?.abandoned;
  }

  /** Schedules another attempt; false when the count, the deadline or the budget says no. */
  #again(failed: LiveEndpoint): boolean {
    const x = this.#x;
    const { cluster, stats } = this.upstream;
    const { retry } = this.#entry;
    if (!retry) return false;
    if (this.#retries >= retry.attempts) {
      x.flags |= RESPONSE_FLAG.URX;
      stats.upstreamRqRetryLimitExceeded.inc();
      return false;
    }
    const { turn, wheel, random } = this.call.context;
    const wait = retry.backoff(this.#retries + 1, random);
    if (x.deadline > 0 && turn.now + wait >= x.deadline) return false;
    if (!cluster.limits.beginRetry(turn.now)) {
      stats.upstreamRqRetryOverflow.inc();
      return false;
    }
    this.#retries += 1;
    stats.upstreamRqRetry.inc();
    if (retry.avoidTried) {
      if (this.#tried) this.#tried.push(failed);
      else this.#tried = [failed];
    }
    // The flags tell the outcome of the request, not of attempts that were made good.
    x.flags &= RESPONSE_FLAG.DI | RESPONSE_FLAG.FI;
    this.#backoff ??= new WheelTimer(() => {
      cluster.limits.endRetry();
      this.try();
    });
    wheel.start(this.#backoff, wait, turn.now);
    return true;
  }

  /** Stops whatever is under way. */
  giveUp(): void {
    const attempt = this.#attempt;
    this.#attempt = null;
    if (attempt) attempt.cancel();
    this.#filters?.end();
    if (this.#backoff?.running) {
      this.call.context.wheel.stop(this.#backoff);
      this.upstream.cluster.limits.endRetry();
    }
  }
}
