import type { ClusterLimits } from '../cluster/limits.ts';
import type { ClientStream, Exchange, RequestSink } from '../core/exchange.ts';
import type { LocalReply } from '../core/filter.ts';
import { H, type HeaderList } from '../core/headers.ts';
import { FAILURE, type Failure } from '../core/outcome.ts';
import { ChainRun } from '../filter/chain.ts';
import { forwardHeaders, respondedVia } from '../filter/forwarded.ts';
import type { RouteEntry } from '../route/table.ts';
import { recordAbort } from './abort.ts';
import type { Attempt } from './attempt.ts';
import { stripPort } from './authority.ts';
import type { DemandResult, HttpContext, RuntimeView, Upstream } from './context.ts';
import { Deadline } from './deadline.ts';
import { Forward } from './forward.ts';
import { answerOfThisHop } from './hops.ts';
import { RequestBody } from './request-body.ts';
import { REPLY, sendReply } from './rescue.ts';
import { isSwitch, settleSwitch } from './switching.ts';
import { type Terms, termsOf } from './terms.ts';

const DATE = 1 << H.date;

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
  #keepsBody = false;
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
    const { manager } = context;
    context.stats.beginRequest(x.version);
    if (manager.stripPort !== 'none') stripPort(x, manager.stripPort);
    forwardHeaders(x, manager);
    if (manager.generateRequestId) context.requestIds.stamp(x, manager);
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
    const refused = settleSwitch(x, entry, context.manager, cluster.plan);
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
      return this.body.hold(chunk);
    }
    if (this.#keepsBody) {
      this.body ??= new RequestBody(this.#entry === null ? 0 : this.#entry.bufferLimit);
      if (!this.body.keep(chunk)) this.#abandonBody();
    }
    return stream.write(chunk);
  }

  /** The body goes to an attempt whose head was sent. `again`: another attempt may follow, so it is kept, too. */
  sendBody(stream: ClientStream, again: boolean): void {
    const { body } = this;
    let flows = true;
    this.#keepsBody = again && !this.responding && !body?.abandoned;
    if (body !== null) {
      // What came before the route was known could not know its limit.
      body.limit = (this.#entry as RouteEntry).bufferLimit;
      for (const copy of body.copies) flows = stream.write(copy);
      if (!again) body.abandon();
      else if (body.size > body.limit) this.#abandonBody();
    }
    if (this.requestEnded) stream.end(this.#trailers);
    else if (flows) this.x.stream.resume();
  }

  #abandonBody(): void {
    this.#keepsBody = false;
    this.body?.abandon();
    this.#upstream?.stats.retryOrShadowAbandoned.inc();
  }

  onEnd(trailers: HeaderList | null): void {
    this.requestEnded = true;
    this.x.requestDone = this.context.turn.now;
    if (this.#over) return;
    this.#trailers = trailers;
    if (this.#upstream !== null) this.#deadline.in(this.#timeout);
    if (this.#forward !== null) this.#forward.requestEnded(trailers);
  }

  #timedOut(): void {
    if (this.#forward !== null) this.#forward.timedOut();
    else this.#upstream?.stats.upstreamRqTimeout.inc();
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
    const { manager, turn } = context;
    const entry = this.#entry as RouteEntry;
    if ((this.#forward as Forward).retriesStatus(attempt, status, headers)) return;
    attempt.stats.recordResponse(status);
    this.responding = true;
    this.#keepsBody = false;
    if (this.body !== null) this.body.abandon();
    x.responseStart = turn.now;
    x.status = status;
    x.detail = 'via_upstream';
    if (entry.needsResponseEdit) entry.applyResponse(x, status, headers);
    if (this.#filters !== null) this.#filters.response(status, headers);
    headers.set('x-envoy-upstream-service-time', String(Math.round(turn.now - attempt.started)));
    if ((headers.known & DATE) === 0 && !headers.has('date')) headers.add('date', context.date.text);
    if (manager.serverName !== '') headers.set('server', manager.serverName);
    if (entry.affinity !== null) entry.affinity.respond(x, headers);
    respondedVia(headers, manager.via);
    this.#response = headers;
    if (isSwitch(x, status)) context.stats.switched();
    x.stream.respond(status, headers, length);
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
    const { stats } = this.context;
    this.x.flags |= failure.flag;
    this.x.detail = failure.detail;
    this.#forward?.giveUp();
    stats.rqResetAfterDownstreamResponseStarted.inc();
    stats.downstreamRqTxReset.inc();
    stats.downstreamCxDestroyActiveRq.inc();
    stats.downstreamCxDestroyLocalActiveRq.inc();
    this.x.stream.reset();
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
    context.metrics.record(x);
    if (context.accessLog !== null) context.accessLog.record(x, this.#response);
  }
}
