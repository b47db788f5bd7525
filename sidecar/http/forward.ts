import { WheelTimer } from '../../shared/time/wheel.ts';
import type { Trial } from '../cluster/breaker/gate.ts';
import type { LiveEndpoint } from '../cluster/live-endpoint.ts';
import { OBSERVED } from '../cluster/outlier/observation.ts';
import type { ClientStream, Exchange } from '../core/exchange.ts';
import type { LocalReply } from '../core/filter.ts';
import type { HeaderList } from '../core/headers.ts';
import { FAILURE, type Failure } from '../core/outcome.ts';
import type { Detour } from '../core/pool.ts';
import { ChainRun } from '../filter/chain.ts';
import { joinedDetours, noted } from '../filter/injection.ts';
import type { RouteEntry } from '../route/table.ts';
import { Attempt } from './attempt.ts';
import { stampAttempt } from './attempt-headers.ts';
import type { Call } from './call.ts';
import type { Upstream } from './context.ts';
import { injectedFailure, observeInjected } from './injected.ts';
import { NEVER, Repeats, unprocessed } from './repeats.ts';
import { REPLY } from './rescue.ts';
import { Rivals } from './rivals.ts';
import { streamsOf } from './switching.ts';
import type { Terms } from './terms.ts';

/**
 * The attempt loop of one request: pick an endpoint, pass the filters of the attempt, send, and on failure decide
 * whether another attempt follows (decisions D10, D11). It ends in exactly one of `call.respond` and `call.reply`.
 */
export class Forward {
  readonly call: Call;
  readonly #x: Exchange;
  readonly #entry: RouteEntry;
  readonly #terms: Terms;
  readonly repeats: Repeats;
  #rivals: Rivals | null = null;
  /** As the attempt under way sees it. */
  #upstream: Upstream;
  #attempt: Attempt | null = null;
  #filters: ChainRun | null = null;
  #backoff: WheelTimer | null = null;
  /** The breaker's trial that the next attempt is part of. */
  #trial: Trial | null = null;

  constructor(call: Call, entry: RouteEntry, upstream: Upstream, terms: Terms) {
    this.call = call;
    this.#x = call.x;
    this.#entry = entry;
    this.#upstream = upstream;
    this.#terms = terms;
    this.repeats = new Repeats(call, terms.retry);
  }

  /** The stream of the attempt under way, once there is one. */
  get stream(): ClientStream | null {
    return this.#attempt === null ? null : this.#attempt.stream;
  }

  /** Begins one attempt. */
  try(): void {
    const x = this.#x;
    const upstream = this.#upstream;
    const { cluster, stats } = upstream;
    const retry = this.#terms.retry;
    const { guard } = cluster;
    const draws = retry === null ? 1 : retry.hostSelectionAttempts;
    let endpoint: LiveEndpoint | null;
    if (guard === null) endpoint = cluster.pick(this.repeats.tried, draws, x.hash);
    else if (guard.choose(this.repeats.tried, draws, x.hash)) {
      endpoint = guard.endpoint;
      this.#trial = guard.trial;
    } else return this.#guarded(guard.failure);
    if (cluster.panic) stats.lbHealthyPanic.inc();
    if (endpoint === null) {
      stats.upstreamCxNoneHealthy.inc();
      return this.#fail(FAILURE.noHost);
    }
    x.upstream = endpoint.name;
    x.attempts += 1;
    const filter = upstream.faults === null ? null : upstream.faults.perAttempt;
    if (filter === null) return this.#launch(endpoint);
    this.#filters = new ChainRun([filter], x, (reply) => {
      if (reply) this.#injected(reply, endpoint);
      else this.#launch(endpoint);
    });
    this.#filters.start();
  }

  #launch(endpoint: LiveEndpoint): void {
    const { priority } = this.#entry;
    const { cluster, stats } = this.#upstream;
    const detour = this.#takeDetour();
    const own = streamsOf(this.#entry, cluster.poolOf(endpoint, priority === 'high'), this.call.context.turn);
    const pool = detour === null ? own : detour.through(own, noted(this.#x));
    const trial = this.#trial;
    this.#trial = null;
    const attempt = new Attempt(this, endpoint, pool, trial, stats, this.#terms.retry, detour?.exempt === true);
    this.#attempt = attempt;
    attempt.begin();
  }

  /** The faults on the way of the attempt that begins now. */
  #takeDetour(): Detour | null {
    const x = this.#x;
    const { attemptDetour, detour } = x;
    if (attemptDetour === null) return detour;
    x.attemptDetour = null;
    return joinedDetours(attemptDetour, detour);
  }

  /** An attempt has its stream: the head goes out, and what is there of the body. */
  send(attempt: Attempt, stream: ClientStream): void {
    const { call } = this;
    const x = this.#x;
    stampAttempt(x, this.#entry, this.#terms, this.repeats, call.context.turn.now);
    stream.start(x.method, x.authority, x.path, x.headers, x.bodyLength, attempt, x.protocol);
    // The connection may have gone in that moment; then the loop has gone on already.
    if (this.#attempt === attempt) call.sendBody(stream, this.repeats.keeps(this.#entry, this.#upstream));
  }

  /** The client has sent all of its request. */
  requestEnded(trailers: HeaderList | null): void {
    if (this.#attempt !== null) this.#attempt.requestEnded(trailers);
  }

  /** An attempt brought a final head, perhaps with its end (`trailers`); true when it is given up for another attempt. */
  retriesStatus(attempt: Attempt, status: number, headers: HeaderList, trailers: HeaderList | null): boolean {
    this.repeats.settled();
    const retry = this.#terms.retry;
    if (retry === null) return false;
    const fields = trailers ?? headers;
    const unanswered = this.repeats.unanswered(status, headers);
    if (!retry.retryStatus(this.#x, status, headers, fields, unanswered)) {
      if (this.repeats.count > 0) attempt.stats.upstreamRqRetrySuccess.inc();
      this.#wins(attempt);
      return false;
    }
    if (this.#rivals !== null && this.#leaves(attempt)) {
      attempt.stats.recordRetried(status);
      attempt.discard();
      return true;
    }
    this.#wins(attempt);
    if (unanswered !== 'unsent' && this.repeats.restrained(headers)) return false;
    const asked = this.repeats.asked(headers, fields, unanswered, this.#upstream.cluster);
    if (asked === NEVER || !this.#again(attempt.endpoint, asked)) {
      this.repeats.mark(headers);
      return false;
    }
    attempt.stats.recordRetried(status);
    this.#attempt = null;
    this.#filters?.end();
    attempt.discard();
    return true;
  }

  /** The attempt under way has taken too long: another begins beside it, if a retry may. */
  hedge(attempt: Attempt): void {
    const { call } = this;
    if (this.#attempt !== attempt || call.responding || this.repeats.before > 0) return;
    if (this.#terms.retry?.hedges(this.#x) !== true || !this.#admit(attempt.endpoint, 0)) return;
    this.#rivals ??= new Rivals();
    this.#rivals.add(attempt, this.#filters);
    this.#filters = null;
    this.#attempt = null;
    this.try();
  }

  /** The answer is this attempt's; those beside it are cancelled. */
  #wins(attempt: Attempt): void {
    const rivals = this.#rivals;
    if (rivals === null) return;
    const own = rivals.take(attempt);
    if (own !== undefined) {
      this.#attempt?.cancel();
      this.#filters?.end();
      this.#attempt = attempt;
      this.#filters = own.filters;
      this.#x.upstream = attempt.endpoint.name;
    }
    rivals.cancel();
    this.#rivals = null;
    if (this.#backoff !== null) this.call.context.wheel.stop(this.#backoff);
  }

  /** An attempt is over without a good answer: true when others still may have one. */
  #leaves(attempt: Attempt | null): boolean {
    const rivals = this.#rivals;
    if (rivals === null) return false;
    const own = attempt === null ? undefined : rivals.take(attempt);
    if (own !== undefined) {
      own.filters?.end();
      return true;
    }
    this.#filters?.end();
    const next = rivals.next();
    this.#attempt = next?.attempt ?? null;
    this.#filters = next?.filters ?? null;
    if (rivals.size === 0) this.#rivals = null;
    return next !== undefined;
  }

  attemptEnded(): void {
    this.#attempt = null;
    this.#filters?.end();
  }

  attemptFailed(attempt: Attempt, failure: Failure): void {
    if (this.#attempt !== attempt) {
      if (this.#rivals !== null) this.#leaves(attempt);
      return;
    }
    this.repeats.settled();
    if (this.#leaves(attempt)) return;
    this.attemptEnded();
    if (this.call.responding) return this.call.truncate(failure);
    const { endpoint, sent } = attempt;
    if (unprocessed(failure, sent) && this.repeats.repeatsRefused()) return this.#retry();
    if (!this.repeats.wantsAfter(failure, sent)) return this.#fail(failure);
    const atOnce = this.repeats.atOnce(this.#upstream.cluster);
    if (atOnce ? !this.#admit(endpoint, 0) : !this.#again(endpoint)) this.#fail(failure);
    else if (atOnce) this.#retry();
  }

  /** A fault answered in place of the endpoint: retries and ejection are exercised as by a real answer. */
  #injected(reply: LocalReply, endpoint: LiveEndpoint): void {
    this.#filters?.end();
    this.repeats.settled();
    const observed = observeInjected(reply, this.#x, endpoint, this.call.context.turn.now);
    this.#endTrial(observed);
    if (this.#leaves(null)) return;
    const failure = injectedFailure(reply);
    if (this.repeats.wantsAfter(failure, false) && this.#again(endpoint)) return;
    this.call.reply(this.repeats.marked(reply));
  }

  /** Schedules another attempt after `asked` ms, or a back-off when that is -1; false when it may not be. */
  #again(failed: LiveEndpoint, asked = -1): boolean {
    const retry = this.#terms.retry;
    if (retry === null) return false;
    const { turn, wheel, random } = this.call.context;
    const wait = asked >= 0 ? asked : retry.backoff(this.repeats.count + 1, random);
    if (!this.#admit(failed, wait)) return false;
    const { stats } = this.#upstream;
    if (asked !== 0)
      (asked > 0 ? stats.upstreamRqRetryBackoffRatelimited : stats.upstreamRqRetryBackoffExponential).inc();
    this.#backoff ??= new WheelTimer(() => this.#retry());
    wheel.start(this.#backoff, wait, turn.now);
    return true;
  }

  #admit(failed: LiveEndpoint, wait: number): boolean {
    return this.repeats.admit(this.#upstream, this.#entry.priority === 'high', failed, wait);
  }

  /** No back-off, or it is over. Endpoints may have come and gone meanwhile, so the cluster is looked up again. */
  #retry(): void {
    const upstream = this.call.context.current.runtime().upstreams.get(this.#x.cluster);
    if (upstream === undefined) return this.#fail(FAILURE.noHost);
    this.#upstream = upstream;
    this.try();
  }

  /** No attempt follows: the request is answered from here. */
  #fail(failure: Failure): void {
    if (this.#leaves(null)) return;
    this.#upstream.stats.recordResponse(failure.status);
    this.call.reply(this.repeats.concluded(REPLY.of(failure), failure, this.#upstream.cluster));
  }

  /** A breaker or a limit per endpoint lets nothing through. */
  #guarded(failure: Failure): void {
    const { stats } = this.#upstream;
    (failure === FAILURE.breaker ? stats.upstreamRqBreakerOverflow : stats.upstreamRqActiveOverflow).inc();
    this.#fail(failure);
  }

  #endTrial(observed: number): void {
    this.#trial?.end(observed);
    this.#trial = null;
  }

  /** The request as a whole took too long. */
  timedOut(): void {
    this.#upstream.stats.upstreamRqTimeout.inc();
    if (this.#attempt !== null) this.#attempt.timedOut();
    if (this.#rivals !== null) this.#rivals.timedOut();
    if (!this.call.responding) this.#upstream.stats.recordResponse(FAILURE.timeout.status);
  }

  /** Stops whatever is under way. */
  giveUp(): void {
    const attempt = this.#attempt;
    this.#attempt = null;
    if (attempt !== null) attempt.cancel();
    if (this.#rivals !== null) this.#rivals.cancel();
    this.#filters?.end();
    this.#endTrial(OBSERVED.nothing);
    if (this.#backoff !== null) this.call.context.wheel.stop(this.#backoff);
    this.repeats.settled();
  }
}
