import type { ClusterLimits } from '../cluster/limits.ts';
import type { ClientStream, Exchange, RequestSink } from '../core/exchange.ts';
import type { LocalReply } from '../core/filter.ts';
import type { HeaderList } from '../core/headers.ts';
import { FAILURE, type Failure } from '../core/outcome.ts';
import { ChainRun } from '../filter/chain.ts';
import type { RouteEntry } from '../route/table.ts';
import { recordAbort } from './abort.ts';
import { arrive } from './arrival.ts';
import type { Attempt } from './attempt.ts';
import type { DemandResult, HttpContext, RuntimeView, Upstream } from './context.ts';
import { Deadline } from './deadline.ts';
import { Forward } from './forward.ts';
import { noteGrpcEnd, noteGrpcHead, recordGrpc } from './grpc.ts';
import { answerOfThisHop } from './hops.ts';
import { RequestBody } from './request-body.ts';
import { breakOff, REPLY, sendReply } from './rescue.ts';
import { stampResponse } from './response-headers.ts';
import { isSwitch, settleAnswer, settleSwitch } from './switching.ts';
import { type Terms, termsOf } from './terms.ts';

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
  /** Set once the request counts against them. */
  #limits: ClusterLimits | null = null;
  #forward: Forward | null = null;
  /** The listener's filters, and those of the faults assigned to the service. */
  #filters: ChainRun | null = null;
  #assigned: ChainRun | null = null;
  readonly #deadline: Deadline;
  /** Ms from the end of the request. */
  #timeout = 0;
  /** Headers sent downstream, for the access log. */
  #response: HeaderList | null = null;
  #over = false;
  /** Null as long as nothing of the body had to be kept. */
  body: RequestBody | null = null;
  /** All of the request that was sent is still there for another attempt. */
  replayable = true;
  /** Bytes of it that are kept for another attempt. */
  #keepsBody = 0;
  #trailers: HeaderList | null = null;
  requestEnded = false;
  /** The head of the response went downstream. */
  responding = false;

  constructor(context: HttpContext, x: Exchange) {
    this.context = context;
    this.x = x;
    this.#runtime = context.current.runtime();
    this.#deadline = new Deadline(context, x, () => this.#timedOut());
  }

  begin(): void {
    const { context, x } = this;
    arrive(x, context);
    const own = answerOfThisHop(x);
    if (own === null) this.#route();
    else this.reply(own);
  }

  #route(): void {
    const { context, x } = this;
    const table = this.#runtime.routes.get(context.manager.routeConfig);
    const found = table ? table.lookup(x, context.random) : null;
    if (found === 'unknown-host' && context.demand !== null) return this.#askForHost();
    if (found === null || found === 'unknown-host') return this.#noRoute(REPLY.noRoute);
    this.#entry = found;
    // Before the filters, since a fault may be meant for one cluster only.
    if (found.reply === null) x.cluster = found.chooseCluster(x, context.random);
    if (context.enclosing !== null) context.enclosing.routed(x);
    if (context.filters.length === 0) return this.#routed(found);
    this.#filters = new ChainRun(context.filters, x, (reply) => (reply ? this.reply(reply) : this.#routed(found)));
    this.#filters.start();
  }

  #askForHost(): void {
    const { context, x } = this;
    context.demand?.ask(x.authority, (result: DemandResult) => {
      if (this.#over) return;
      this.#runtime = context.current.runtime();
      if (result === 'known') return this.#route();
      if (result === 'unknown') this.#noRoute(REPLY.demand.unknown);
      else this.reply(REPLY.demand[result]);
    });
  }

  #noRoute(reply: LocalReply): void {
    const { stats } = this.context;
    stats.rqTotal.inc();
    stats.noRoute.inc();
    this.reply(reply);
  }

  #routed(entry: RouteEntry): void {
    const { context, x } = this;
    const { stats } = context;
    stats.rqTotal.inc();
    if (entry.reply !== null) {
      stats.rqDirectResponse.inc();
      return this.reply(entry.reply(x));
    }
    const upstream = this.#runtime.upstreams.get(x.cluster);
    if (upstream === undefined) {
      stats.noCluster.inc();
      return this.reply(REPLY.noCluster(entry.clusterNotFoundStatus));
    }
    const { cluster } = upstream;
    const refused = settleSwitch(x, entry, context.manager, context.random);
    if (refused !== null) return this.reply(refused);
    if (x.requestDone > 0 && !this.requestEnded && x.protocol === '') this.onEnd(null);
    const limits = entry.priority === 'high' ? cluster.highLimits : cluster.limits;
    if (!limits.beginRequest(context.turn.now)) {
      upstream.stats.upstreamRqActiveOverflow.inc();
      upstream.stats.recordResponse(FAILURE.overflow.status);
      return this.reply(REPLY.of(FAILURE.overflow));
    }
    this.#upstream = upstream;
    this.#limits = limits;
    if (entry.idleTimeout >= 0) x.stream.idleTimeout(entry.idleTimeout);
    if (context.load !== null) context.load.arrived(x);
    if (entry.affinity !== null) entry.affinity.stamp(x, cluster.hashes, context);
    if (entry.needsRequestEdit) entry.applyRequest(x);
    const terms = termsOf(x, entry, context.manager, this.#deadline);
    this.#timeout = terms.timeout;
    if (this.requestEnded) this.#deadline.in(terms.timeout);
    const filter = upstream.faults === null ? null : upstream.faults.perRequest;
    if (filter === null) return this.#send(entry, upstream, terms);
    this.#assigned = new ChainRun([filter], x, (reply) =>
      reply ? this.reply(reply) : this.#send(entry, upstream, terms),
    );
    this.#assigned.start();
  }

  #send(entry: RouteEntry, upstream: Upstream, terms: Terms): void {
    this.#forward = new Forward(this, entry, upstream, terms);
    this.#forward.try();
  }

  onData(chunk: Uint8Array): boolean {
    this.x.bytesReceived += chunk.length;
    if (this.#over) return true;
    const stream = this.#forward === null ? null : this.#forward.stream;
    if (stream === null) {
      this.body ??= new RequestBody(this.#entry === null ? 0 : this.#entry.bufferLimit);
      const flows = this.body.hold(chunk);
      return this.#filters === null ? flows : this.#filters.body(false) || flows;
    }
    if (this.#keepsBody > 0) {
      this.body ??= new RequestBody(this.#keepsBody);
      if (!this.body.keep(chunk)) this.#abandonBody();
    } else this.replayable = false;
    return stream.write(chunk);
  }

  /** The body goes to an attempt whose head was sent. `keep`: so many bytes of it are kept for another attempt. */
  sendBody(stream: ClientStream, keep: number): void {
    const { body } = this;
    let flows = true;
    this.#keepsBody = this.responding || body?.abandoned ? 0 : keep;
    if (body !== null) {
      // What came before the route was known could not know its limit.
      body.limit = keep;
      for (const copy of body.copies) flows = stream.write(copy);
      if (keep === 0) {
        if (body.size > 0) this.replayable = false;
        body.abandon();
      } else if (body.size > keep) this.#abandonBody();
    }
    if (this.requestEnded) stream.end(this.#trailers);
    else if (flows) this.x.stream.resume();
  }

  #abandonBody(): void {
    this.#keepsBody = 0;
    this.replayable = false;
    this.body?.abandon();
    if (this.#entry?.retry) this.#upstream?.stats.retryOrShadowAbandoned.inc();
  }

  onEnd(trailers: HeaderList | null): void {
    this.requestEnded = true;
    this.x.requestDone = this.context.turn.now;
    if (this.#over) return;
    this.#trailers = trailers;
    if (this.#upstream !== null) this.#deadline.in(this.#timeout);
    if (this.#forward !== null) this.#forward.requestEnded(trailers);
    else if (this.#filters !== null) this.#filters.body(true);
  }

  #timedOut(): void {
    if (this.#forward !== null) this.#forward.timedOut();
    else this.#upstream?.stats.upstreamRqTimeout.inc();
    if (this.responding) this.truncate(FAILURE.timeout);
    else this.reply(REPLY.of(FAILURE.timeout));
  }

  upstreamDrained(): void {
    this.x.stream.resume();
  }

  inform(status: number, headers: HeaderList): void {
    if (!this.#over) this.x.stream.inform(status, headers);
  }

  /** The final head from upstream; `trailers`, when known to be all that follows, else null. False: it is not the answer. */
  respond(attempt: Attempt, status: number, headers: HeaderList, length: number, trailers: HeaderList | null): boolean {
    const { context, x } = this;
    const entry = this.#entry as RouteEntry;
    if ((this.#forward as Forward).retriesStatus(attempt, status, headers, trailers)) return false;
    if (x.grpc) noteGrpcHead(x, status, headers);
    const refused = x.protocol === '' ? null : settleAnswer(x, status, headers);
    if (refused !== null) {
      this.reply(refused);
      return false;
    }
    attempt.stats.recordResponse(status);
    this.responding = true;
    this.#keepsBody = 0;
    if (this.body !== null) this.body.abandon();
    x.responseStart = context.turn.now;
    x.status = status;
    x.detail = 'via_upstream';
    if (entry.needsResponseEdit) entry.applyResponse(x, status, headers);
    if (this.#filters !== null) this.#filters.response(status, headers);
    stampResponse(headers, attempt, context);
    if (entry.affinity !== null) entry.affinity.respond(x, headers, context);
    this.#response = headers;
    if (isSwitch(x, status)) context.stats.switched();
    x.stream.respond(status, headers, length);
    return true;
  }

  responseData(chunk: Uint8Array): boolean {
    this.x.bytesSent += chunk.length;
    return this.x.stream.write(chunk);
  }

  onDrain(): void {
    const stream = this.#forward === null ? null : this.#forward.stream;
    if (stream !== null) stream.resume();
  }

  responseEnd(attempt: Attempt, trailers: HeaderList | null): void {
    const { x } = this;
    attempt.stats.upstreamRqTime.record(this.context.turn.now - (x.requestDone > 0 ? x.requestDone : x.started));
    this.#forward?.attemptEnded();
    if (x.grpc) noteGrpcEnd(x, trailers);
    x.stream.end(trailers);
    this.#end();
  }

  /** Answers from here instead of from upstream. */
  reply(reply: LocalReply): void {
    if (this.#over) return;
    this.#forward?.giveUp();
    this.x.flags |= reply.flags;
    this.responding = true;
    this.x.responseStart = this.context.turn.now;
    this.#response = sendReply(this.x, reply, this.#entry, this.context.date.text);
    this.#end();
  }

  /** The response cannot be completed: break it off so that the client notices. */
  truncate(failure: Failure): void {
    this.#forward?.giveUp();
    breakOff(this.x, failure, this.context.stats);
    this.#end();
  }

  onAbort(failure: 'reset' | 'protocol' | 'timeout'): void {
    if (this.#over) return;
    this.#forward?.giveUp();
    recordAbort(this.x, failure, this.requestEnded, this.context);
    this.#end();
  }

  #end(): void {
    this.#over = true;
    const { context, x } = this;
    this.#deadline.stop();
    if (this.#filters !== null) this.#filters.end();
    if (this.#assigned !== null) this.#assigned.end();
    if (this.#limits !== null) this.#limits.endRequest();
    x.ended = context.turn.now;
    if (context.load !== null) context.load.ended(x);
    context.stats.recordRequest(x);
    if (x.grpc) recordGrpc(x, this.#upstream, context);
    context.metrics.record(x);
    if (context.accessLog !== null) context.accessLog.record(x, this.#response);
  }
}
