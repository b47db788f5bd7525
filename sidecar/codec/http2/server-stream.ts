import type { ServerStream as Contract, Exchange, Peer, RequestSink } from '../../core/exchange.ts';
import { GRPC, grpcOfHttp, isGrpcType } from '../../core/grpc.ts';
import { H, HeaderList } from '../../core/headers.ts';
import { FLOOD } from './flood.ts';
import { ERROR } from './frame.ts';
import { block } from './header-block.ts';
import { trailersOf, trailersProblem } from './header-rules.ts';
import type { ServerSession } from './server-session.ts';
import { type Breach, Stream } from './stream.ts';

/** How much of a request is read and dropped after its answer, and how long that may take. */
const MAX_DRAINED = 64 * 1024;
export const LINGER_MS = 1000;
const WAKE_PING = Buffer.alloc(8, 'aya wake', 'latin1');

const AWAITED = 0;
const STARTED = 1;
const ENDED = 2;

/** One request of a downstream connection. After `end` or `reset` nothing more is called on its sink. */
export class ServerStream extends Stream implements Contract {
  declare readonly connection: ServerSession;
  /** Ms without movement after which it ends; 0 = never. */
  idleMs: number;
  #x: Exchange | null = null;
  #sink: RequestSink | null = null;
  #state = AWAITED;
  /** The answer has no body whatever it says: HEAD, 204, 304 (RFC 9110 6.4.1). */
  #bodyless: boolean;
  /** Body bytes still to be written; -1 = open. */
  #left = -1;
  /** The answer is complete and the request is not: since which look of the connection; -1 = not so. */
  lingersSince = -1;
  #drained = 0;
  /** It asks for another protocol, and what follows waits; its end among it; it got it, and each side ends by itself. */
  #offers = false;
  #ended = false;
  #switched = false;

  constructor(id: number, session: ServerSession, toHead: boolean) {
    super(session);
    this.open(id);
    this.idleMs = session.options.streamIdleTimeout;
    this.#bodyless = toHead;
  }

  get peer(): Peer {
    return this.connection.client;
  }

  /** It asks for another protocol, or speaks one: there is no request whose end could be waited for. */
  get switches(): boolean {
    return this.#offers || this.#switched;
  }

  /** Hands the request over. `endStream`: it has no body. */
  begin(x: Exchange, endStream: boolean): void {
    this.#x = x;
    this.remoteDone = endStream;
    if (x.protocol !== '') {
      // What the client says in the other protocol has to wait for the answer.
      this.#offers = true;
      x.requestDone = x.started;
      super.pause();
    }
    const sink = this.connection.handler.begin(x);
    if (this.#state === ENDED || this.closed) return;
    this.#sink = sink;
    if (endStream) sink.onEnd(null);
  }

  inform(status: number, headers: HeaderList): void {
    if (this.closed || this.#state !== AWAITED || status === 101 || this.connection.congested) return;
    this.connection.writer.response(this, status, headers, 0);
  }

  override pause(): void {
    if (!this.#offers) super.pause();
  }

  override resume(): void {
    if (!this.#offers) super.resume();
  }

  respond(status: number, headers: HeaderList, length: number): void {
    if (this.closed || this.#state !== AWAITED) return;
    this.#state = STARTED;
    if (this.#offers) return this.#answerOffer(status, headers, length);
    this.touched = this.connection.pulse.tick;
    let told = length;
    if (this.#bodyless) {
      if (length > 0 && (status === 204 || headers.has('content-length'))) told = 0;
    } else if (status === 204 || status === 304) {
      this.#bodyless = true;
      told = 0;
    } else this.#left = length;
    this.connection.writer.response(this, status, headers, told);
  }

  /** RFC 8441 5: a 2xx is what 101 is elsewhere. Where it was not taken the client has nothing more to say. */
  #answerOffer(status: number, headers: HeaderList, length: number): void {
    this.#switched = status === 101;
    this.#left = this.#switched ? -1 : length;
    this.connection.writer.response(this, this.#switched ? 200 : status, headers, this.#left);
    this.#offers = false;
    super.resume();
    if (!this.#ended || this.#sink === null) return;
    this.#ended = false;
    this.#sink.onEnd(null);
  }

  write(chunk: Uint8Array): boolean {
    if (this.closed || this.#state !== STARTED || this.#bodyless || chunk.length === 0) return true;
    if (this.#left >= 0) {
      this.#left -= chunk.length;
      // More than was announced (RFC 9113 8.1.1): the response is broken.
      if (this.#left < 0) {
        this.reset();
        return true;
      }
    }
    return this.send(chunk);
  }

  end(trailers: HeaderList | null): void {
    if (this.closed || this.#state !== STARTED) return;
    if (this.#left > 0 && !this.#bodyless) return this.reset();
    if (this.#switched && !this.remoteDone) return this.finish(null);
    this.#state = ENDED;
    this.#sink = null;
    this.finish(trailers);
  }

  reset(): void {
    if (this.closed || this.#state === ENDED) return;
    this.#state = ENDED;
    this.#sink = null;
    this.connection.resetStream(this, ERROR.internal);
  }

  idleTimeout(ms: number): void {
    this.idleMs = ms;
    this.connection.pulse.watch(ms);
  }

  /**
   * Answers in place of the handler, which hears that the request is over. Of a stream without an exchange the request stands
   * in `block`.
   */
  refuse(status: number, reason: string, failure: 'protocol' | 'timeout'): void {
    const x = this.#x;
    const sink = this.#sink;
    if (this.#state !== AWAITED) {
      if (this.#state === STARTED && x?.grpc) {
        x.grpcStatus = failure === 'timeout' ? GRPC.deadlineExceeded : GRPC.internal;
        this.end(HeaderList.of('grpc-status', String(x.grpcStatus), 'grpc-message', reason));
      } else this.reset();
      return sink?.onAbort(failure);
    }
    this.#sink = null;
    const { date, owner } = this.connection;
    const headers = HeaderList.of('date', date.text, 'server', 'aya');
    if (x === null ? isGrpcType(block.headers().getKnown(H['content-type'])) : x.grpc) {
      const grpc = failure === 'timeout' ? GRPC.deadlineExceeded : grpcOfHttp(status);
      if (x !== null) x.grpcStatus = grpc;
      headers.add('content-type', 'application/grpc');
      headers.add('grpc-status', String(grpc));
      headers.add('grpc-message', reason);
      this.respond(200, headers, 0);
    } else {
      headers.add('content-type', 'text/plain');
      this.respond(status, headers, reason.length);
      this.write(Buffer.from(reason, 'latin1'));
    }
    this.end(null);
    if (x === null) return owner.onBadRequest(this, status, reason);
    x.status = x.grpc ? 200 : status;
    sink?.onAbort(failure);
  }

  onBlock(endStream: boolean): void {
    const problem = trailersProblem(block, endStream);
    if (problem === '') this.receiveEnd(trailersOf(block));
    else this.connection.breakStream(this, ERROR.protocol, problem);
  }

  onBroken(breach: Breach): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#state = ENDED;
    if (sink !== null) sink.onAbort(breach === 'protocol' || breach === 'timeout' ? breach : 'reset');
    if (breach === 'reset' && !this.localDone) this.connection.count(FLOOD.resets);
  }

  protected onChunk(chunk: Uint8Array): boolean {
    if (this.#sink !== null) return this.#sink.onData(chunk);
    this.#drained += chunk.length;
    if (this.#drained > MAX_DRAINED && this.lingersSince >= 0) this.connection.resetStream(this, ERROR.none);
    return true;
  }

  protected onMessageEnd(trailers: HeaderList | null): void {
    this.#ended = this.#offers;
    if (this.#ended) return;
    if (this.#sink !== null) return this.#sink.onEnd(trailers);
    if (this.lingersSince < 0) return;
    // curl (seen in 7.88) that ends a request after its answer looks at the stream again only when something comes.
    const { inflow, writer } = this.connection;
    if (!inflow.tell()) writer.ping(false, WAKE_PING, 0);
  }

  protected onSent(): void {
    if (this.#sink !== null) this.#sink.onDrain();
  }

  /**
   * An early answer: the rest of the request is not wanted (RFC 9113 8.1). A little of it is waited for all the same, since
   * some clients take the reset that says so for a failure.
   */
  protected onLocalEnd(): void {
    const { flood, pulse } = this.connection;
    flood.answered();
    if (this.closed || this.#switched) return;
    if (this.expected > MAX_DRAINED) return this.connection.resetStream(this, ERROR.none);
    this.lingersSince = pulse.tick;
    pulse.watch(LINGER_MS);
    // What the handler held back is dropped, and makes room for the rest.
    this.resume();
  }
}
