import { WheelTimer } from '../../shared/time/wheel.ts';
import type { Exchange, ExchangeHandler, RequestSink } from '../core/exchange.ts';
import type { LocalReply } from '../core/filter.ts';
import type { HeaderList } from '../core/headers.ts';
import { FAILURE, type Failure, RESPONSE_FLAG } from '../core/outcome.ts';
import { ChainRun } from '../filter/chain.ts';
import { forwardHeaders } from '../filter/forwarded.ts';
import type { RouteEntry } from '../route/table.ts';
import type { Attempt } from './attempt.ts';
import type { DemandResult, HttpContext, RuntimeView, Upstream } from './context.ts';
import { Forward } from './forward.ts';
import { RequestBody } from './request-body.ts';
import { REPLY, sendReply } from './rescue.ts';

/** Makes a call of each request of a listener; the context is replaced when the listener's configuration changes. */
export class CallHandler implements ExchangeHandler {
  context: HttpContext;

  constructor(context: HttpContext) {
    this.context = context;
  }

  begin(x: Exchange): RequestSink {
    const call = new Call(this.context, x);
    call.begin();
    return call;
  }
}

/**
 * One request on its way: route, filters, limits, attempts, response. Its methods stand in the order of its life; `#end`
 * is its only end.
 */
export class Call implements RequestSink {
  readonly context: HttpContext;
  readonly x: Exchange;
  #runtime: RuntimeView;
  #entry: RouteEntry | null = null;
  #upstream: Upstream | null = null;
  #forward: Forward | null = null;
  #filters: ChainRun | null = null;
  #timeout: WheelTimer | null = null;
  #over = false;
  /** Null as long as no body byte came. */
  body: RequestBody | null = null;
  requestEnded = false;
  /** The head of the response went downstream. */
  responding = false;

  constructor(context: HttpContext, x: Exchange) {
    this.context = context;
    this.x = x;
    this.#runtime = context.current.runtime();
  }

  begin(): void {
    const { context, x } = this;
    context.stats.beginRequest();
    forwardHeaders(x, context.manager);
    if (context.manager.generateRequestId) context.requestIds.stamp(x, context.manager);
    this.#route();
  }

  #route(): void {
    const { context, x } = this;
    const table = this.#runtime.routes.get(context.manager.routeConfig);
    const found = table ? table.lookup(x, context.random) : null;
    if (found === null) return this.reply(REPLY.noRoute);
    if (found === 'unknown-host') return this.#askForHost();
    this.#entry = found;
    if (context.filters.length === 0) return this.#routed(found);
    this.#filters = new ChainRun(context.filters, x, (reply) => (reply ? this.reply(reply) : this.#routed(found)));
    this.#filters.start();
  }

  #askForHost(): void {
    const { context, x } = this;
    if (!context.demand) return this.reply(REPLY.noRoute);
    context.demand.ask(x.authority, (result: DemandResult) => {
      if (this.#over) return;
      this.#runtime = context.current.runtime();
      if (result === 'known') this.#route();
      else this.reply(REPLY.demand[result]);
    });
  }

  #routed(entry: RouteEntry): void {
    const { context, x } = this;
    if (entry.reply) return this.reply(entry.reply(x));
    x.cluster = entry.chooseCluster(x, context.random);
    const upstream = this.#runtime.upstreams.get(x.cluster);
    if (!upstream) return this.reply(REPLY.noCluster(entry.clusterNotFoundStatus));
    if (!upstream.cluster.limits.beginRequest(context.turn.now)) {
      upstream.stats.upstreamRqPendingOverflow.inc();
      return this.reply(REPLY.of(FAILURE.overflow));
    }
    this.#upstream = upstream;
    if (entry.needsRequestEdit) entry.applyRequest(x);
    if (this.body) this.body.limit = entry.bufferLimit;
    if (this.requestEnded) this.#startTimeout(entry.timeout);
    const filter = upstream.faults?.perRequest;
    if (!filter) return this.#send(entry, upstream);
    this.#filters?.end();
    this.#filters = new ChainRun([filter], x, (reply) => (reply ? this.reply(reply) : this.#send(entry, upstream)));
    this.#filters.start();
  }

  #send(entry: RouteEntry, upstream: Upstream): void {
    this.#forward = new Forward(this, entry, upstream);
    this.#forward.try();
  }

  onData(chunk: Uint8Array): boolean {
    this.x.bytesReceived += chunk.length;
    if (this.#over) return true;
    if (!this.body) {
      this.body = new RequestBody();
      if (this.#entry) this.body.limit = this.#entry.bufferLimit;
      if (this.responding) this.body.abandon();
    }
    const stream = this.#forward ? this.#forward.stream : null;
    if (!stream) return this.body.hold(chunk);
    if (this.body.keep(chunk)) this.#upstream?.stats.retryOrShadowAbandoned.inc();
    return stream.write(chunk);
  }

  onEnd(trailers: HeaderList | null): void {
    this.requestEnded = true;
    this.x.requestDone = this.context.turn.now;
    if (this.#over) return;
    if (this.body) {
      this.body.ended = true;
      this.body.trailers = trailers;
    }
    if (this.#upstream && this.#entry) this.#startTimeout(this.#entry.timeout);
    if (this.#forward?.stream) this.#forward.stream.end(trailers);
  }

  /** The route's timeout counts from the end of the request (Envoy's route timeout). */
  #startTimeout(timeout: number): void {
    if (timeout === 0) return;
    const { wheel, turn } = this.context;
    this.x.deadline = turn.now + timeout;
    this.#timeout = new WheelTimer(() => this.#timedOut());
    wheel.start(this.#timeout, timeout, turn.now);
  }

  #timedOut(): void {
    this.#upstream?.stats.upstreamRqTimeout.inc();
    this.x.flags |= RESPONSE_FLAG.UT;
    if (this.responding) this.truncate(FAILURE.timeout);
    else this.reply(REPLY.of(FAILURE.timeout));
  }

  /** The attempt has room for more of the request body. */
  upstreamDrained(): void {
    this.x.stream.resume();
  }

  inform(status: number, headers: HeaderList): void {
    if (!this.#over) this.x.stream.inform(status, headers);
  }

  /** The final head from upstream. `length` as in `ServerStream.respond`. */
  respond(attempt: Attempt, status: number, headers: HeaderList, length: number): void {
    const { context, x } = this;
    const { now } = context.turn;
    const entry = this.#entry as RouteEntry;
    this.#upstream?.stats.recordResponse(status, now - attempt.started);
    if (this.#forward?.retriesStatus(attempt, status, headers)) return;
    this.responding = true;
    this.body?.abandon();
    x.responseStart = now;
    if (entry.needsResponseEdit) entry.applyResponse(x, status, headers);
    this.#filters?.response(status, headers);
    headers.set('x-envoy-upstream-service-time', String(Math.round(now - attempt.started)));
    if (context.manager.serverName !== '') headers.set('server', context.manager.serverName);
    x.status = status;
    x.detail = 'via_upstream';
    x.stream.respond(status, headers, length);
  }

  responseData(chunk: Uint8Array): boolean {
    this.x.bytesSent += chunk.length;
    return this.x.stream.write(chunk);
  }

  onDrain(): void {
    if (this.#forward?.stream) this.#forward.stream.resume();
  }

  responseEnd(trailers: HeaderList | null): void {
    this.#forward?.attemptEnded();
    this.x.stream.end(trailers);
    this.#end();
  }

  /** Answers from here instead of from upstream. */
  reply(reply: LocalReply): void {
    if (this.#over) return;
    this.#forward?.giveUp();
    this.x.flags |= reply.flags;
    this.responding = true;
    this.x.responseStart = this.context.turn.now;
    sendReply(this.x, reply, this.#entry);
    this.#end();
  }

  /** The response cannot be completed: break it off so that the client notices. */
  truncate(failure: Failure): void {
    this.x.flags |= failure.flag;
    this.x.detail = failure.detail;
    this.#forward?.giveUp();
    this.x.stream.reset();
    this.#end();
  }

  onAbort(failure: 'reset' | 'protocol' | 'timeout'): void {
    if (this.#over) return;
    this.#forward?.giveUp();
    this.x.flags |= failure === 'protocol' ? RESPONSE_FLAG.DPE : RESPONSE_FLAG.DC;
    this.x.detail = failure === 'reset' ? 'downstream_remote_disconnect' : `downstream_${failure}`;
    this.context.stats.downstreamRqRxReset.inc();
    this.#end();
  }

  #end(): void {
    this.#over = true;
    const { context, x } = this;
    if (this.#timeout) context.wheel.stop(this.#timeout);
    this.#filters?.end();
    this.#upstream?.cluster.limits.endRequest();
    x.ended = context.turn.now;
    context.stats.recordRequest(x);
    context.metrics.record(x);
    context.accessLog?.record(x);
  }
}
