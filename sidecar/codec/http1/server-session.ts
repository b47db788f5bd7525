import type { Exchange, Peer, RequestSink, ServerStream } from '../../core/exchange.ts';
import type { HeaderList } from '../../core/headers.ts';
import type { Wire, WireSink } from '../../core/wire.ts';
import { MAX_DRAINED, waitsForRest } from './early-response.ts';
import { BY_HANDLER, Inflow, type InflowOwner } from './inflow.ts';
import type { MessageEvents } from './message-parser.ts';
import { LATE, type Refusal } from './refusal.ts';
import { exchangeOf, RequestParser } from './request-parser.ts';
import { refusalResponse } from './response-head.ts';
import { ResponseWriter } from './response-writer.ts';
import type { ServerContext, ServerOptions } from './server-options.ts';
import { type Phase, ServerTimer } from './server-timer.ts';

const OPEN = 0;
/** Our last bytes are on their way; what comes in is dropped. */
const CLOSING = 1;
const GONE = 2;

/**
 * One downstream HTTP/1.1 connection: gives requests to the handler one after the other, and is the ServerStream of the one
 * under way. After `end` or `reset` nothing more is called on its sink, and whoever holds the stream forgets it.
 */
export class ServerSession implements ServerStream, WireSink, MessageEvents, InflowOwner {
  readonly peer: Peer;
  readonly #wire: Wire;
  readonly #context: ServerContext;
  readonly #parser: RequestParser;
  readonly #writer: ResponseWriter;
  readonly #inflow: Inflow;
  readonly #timer: ServerTimer;
  #options: ServerOptions;
  #phase = OPEN;
  #x: Exchange | null = null;
  #sink: RequestSink | null = null;
  #requestDone = false;
  #keepAlive = true;
  /** The client waits for 100 or a final response before it sends the body. */
  #expects = false;
  #draining = false;
  #halfClosed = false;
  #requests = 0;
  #drained = 0;

  constructor(wire: Wire, peer: Peer, options: ServerOptions, context: ServerContext) {
    this.#wire = wire;
    this.peer = peer;
    this.#options = options;
    this.#context = context;
    this.#parser = new RequestParser(options, this);
    this.#writer = new ResponseWriter(wire);
    this.#inflow = new Inflow(wire, this.#parser, this);
    this.#timer = new ServerTimer(context, () => this.#onTimer());
    wire.sink = this;
    this.#arm();
  }

  /** Other options from the next request on. */
  set options(options: ServerOptions) {
    this.#options = options;
    this.#parser.limits = options;
    this.#arm();
  }

  /** No request is under way, and none has begun to arrive. */
  get idle(): boolean {
    return this.#x === null && (this.#parser.idle || this.#parser.done);
  }

  /** Announces the end with the next response (RFC 9112 9.6); `closeIdle` closes at once when no request is under way. */
  drain(closeIdle: boolean): void {
    this.#draining = true;
    if (closeIdle && this.idle) this.#shut();
  }

  /** Ends the connection now, whatever is under way. */
  destroy(): void {
    if (this.#phase === OPEN) this.#phase = CLOSING;
    this.#over()?.onAbort('reset');
    this.#wire.destroy();
  }

  inform(status: number, headers: HeaderList): void {
    if (this.#x === null) return;
    this.#expects = this.#expects && status !== 100;
    this.#writer.inform(status, headers);
  }

  respond(status: number, headers: HeaderList, length: number): void {
    if (this.#x === null || !this.#writer.awaited) return;
    this.#timer.moved = this.#context.turn.now;
    if (status === 101 || (length < 0 && status < 300 && this.#parser.untilClose)) return this.#switch(status, headers);
    const last = this.#draining || (this.#halfClosed && !this.#inflow.holds);
    const stays = this.#keepAlive && !last && waitsForRest(this.#parser, status, this.#expects);
    this.#keepAlive = this.#writer.respond(status, headers, length, stays);
  }

  write(chunk: Uint8Array): boolean {
    if (this.#x === null) return true;
    this.#timer.moved = this.#context.turn.now;
    if (!this.#writer.write(chunk)) {
      this.reset();
      return true;
    }
    return !this.#wire.backedUp;
  }

  end(trailers: HeaderList | null): void {
    if (this.#x === null || this.#writer.awaited || this.#writer.done) return;
    const switched = this.#writer.byClose && this.#parser.untilClose;
    if (!this.#writer.end(trailers)) return this.reset();
    if (switched && !this.#requestDone) return this.#wire.end();
    this.#sink = null;
    if (this.#requestDone) return this.#settle();
    // An early response: the rest of the body is read and dropped, within reason.
    if (!this.#keepAlive || this.#expects || this.#parser.remaining > MAX_DRAINED) return this.#shut();
    this.#drained = 0;
    this.#inflow.go(BY_HANDLER);
    this.#arm();
  }

  reset(): void {
    if (this.#x === null || (this.#writer.done && !this.#parser.untilClose)) return;
    const abort = this.#writer.byClose;
    this.#over();
    this.#phase = CLOSING;
    this.#wire.destroy(abort);
  }

  pause(): void {
    if (this.#x !== null) this.#inflow.stop(BY_HANDLER);
  }

  resume(): void {
    if (this.#x !== null) this.#inflow.go(BY_HANDLER);
  }

  idleTimeout(ms: number): void {
    if (this.#x === null) return;
    this.#timer.streamIdle = ms;
    this.#arm();
  }

  onBytes(buffer: Buffer, length: number): void {
    if (this.#phase !== OPEN) return;
    if (this.#x === null || !this.#requestDone) this.#timer.moved = this.#context.turn.now;
    this.#inflow.read(buffer, length);
    this.#arm();
  }

  get reading(): boolean {
    return this.#phase === OPEN;
  }

  get ready(): boolean {
    return this.#x === null && !this.#wire.backedUp;
  }

  onBegin(): void {
    this.#timer.begin();
  }

  onDrain(): void {
    this.#timer.moved = this.#context.turn.now;
    if (this.#sink) this.#sink.onDrain();
    else if (this.#x === null) this.#next();
  }

  onEof(): void {
    if (this.#phase !== OPEN) return;
    if (this.#x === null) return this.#shut();
    if (this.#parser.untilClose) return this.onComplete(null);
    if (!this.#requestDone || this.#writer.done) return this.destroy();
    if (!this.#inflow.holds && !this.#timer.finIsHalfClose) return this.destroy();
    // The request is whole: its answer is still wanted (RFC 9112 9.6). A client that closed altogether will reset our writes.
    this.#halfClosed = true;
  }

  onClose(): void {
    if (this.#phase === GONE) return;
    this.#over()?.onAbort('reset');
    this.#phase = GONE;
    this.#timer.stop();
    this.#context.owner.onClosed(this);
  }

  onHead(): void {
    const parser = this.#parser;
    const { maxRequestsPerConnection: most } = this.#options;
    this.#requests += 1;
    this.#keepAlive = parser.keepAlive && (most === 0 || this.#requests < most);
    this.#requestDone = false;
    this.#expects = parser.expectsContinue;
    this.#writer.begin(parser.method === 'HEAD', parser.version);
    const x = exchangeOf(parser, this, this.#context.scheme, this.#timer.started);
    this.#x = x;
    const sink = this.#context.handler.begin(x);
    if (this.#x === x && !this.#writer.done) this.#sink = sink;
  }

  onBody(chunk: Uint8Array): void {
    this.#expects = false;
    if (this.#sink === null) this.#drained += chunk.length;
    else if (!this.#sink.onData(chunk)) this.pause();
    if (this.#drained > MAX_DRAINED) this.#shut();
  }

  onComplete(trailers: HeaderList | null): void {
    this.#requestDone = true;
    // One that offers to switch ends when it is settled whether it does: see Exchange.protocol.
    if (this.#x?.protocol && this.#writer.awaited) this.#x.requestDone = this.#context.turn.now;
    else if (this.#sink) this.#sink.onEnd(trailers);
    if (this.#x !== null && this.#writer.done) this.#settle();
  }

  /** From now on the connection is this exchange's: raw bytes both ways, until each side ends. */
  #switch(status: number, headers: HeaderList): void {
    const protocol = this.#x?.protocol ?? '';
    this.#keepAlive = false;
    this.#requestDone &&= protocol === '';
    this.#writer.switchTo(protocol, status, headers);
    this.#parser.untilTheEnd();
    if (!this.#inflow.feeding) this.#inflow.goOn();
    if (this.#halfClosed) this.onComplete(null);
  }

  /** Request and response are both complete. */
  #settle(): void {
    this.#over();
    this.#timer.moved = this.#context.turn.now;
    if (!this.#keepAlive || (this.#halfClosed && !this.#inflow.holds)) return this.#shut();
    this.#inflow.go(BY_HANDLER);
    if (!this.#inflow.feeding) this.#next();
  }

  /** Goes on with pipelined requests, unless the client does not even read the answers that it has. */
  #next(): void {
    if (!this.#wire.backedUp) this.#inflow.goOn();
    this.#arm();
    if (this.#halfClosed && this.#x === null && !this.#inflow.holds) this.#shut();
  }

  /** The request is over; for the handler, too, unless it is told more. */
  #over(): RequestSink | null {
    const sink = this.#sink;
    this.#x = null;
    this.#sink = null;
    return sink;
  }

  /** Answers what cannot go on, when it is not too late for an answer, and ends the connection. */
  onRefusal(refusal: Refusal, failure: 'protocol' | 'timeout' = 'protocol'): void {
    if (this.#x !== null && !this.#writer.awaited) {
      if (this.#writer.done) return this.#shut();
      this.#phase = CLOSING;
      this.#wire.destroy(this.#writer.byClose);
      return this.#over()?.onAbort(failure);
    }
    this.#wire.text(refusalResponse(refusal, this.#context.date.text));
    if (this.#x) {
      this.#x.status = refusal.status;
      this.#over()?.onAbort(failure);
    } else this.#context.owner.onBadRequest(this, refusal.status, refusal.reason);
    this.#shut();
  }

  /** Sends what is queued and closes; the wire reads on for a moment lest our last bytes are lost to a reset. */
  #shut(): void {
    if (this.#phase !== OPEN) return;
    this.#phase = CLOSING;
    this.#over();
    this.#inflow.drop();
    this.#parser.stop();
    this.#timer.stop();
    this.#wire.close();
  }

  #waitsFor(): Phase {
    if (this.#x === null) return this.idle ? 'idle' : 'head';
    if (this.#parser.untilClose) return 'response';
    if (this.#writer.done) return 'drain';
    return this.#requestDone ? 'response' : 'request';
  }

  #arm(): void {
    if (this.#phase === OPEN) this.#timer.arm(this.#waitsFor(), this.#options, !this.#draining);
  }

  #onTimer(): void {
    const phase = this.#waitsFor();
    if (this.#phase !== OPEN || this.#timer.early(phase, this.#options, !this.#draining)) return this.#arm();
    if (!this.#draining && this.#timer.tooOld(this.#options)) this.drain(true);
    else if (phase === 'idle' || phase === 'drain') this.#shut();
    else this.onRefusal(LATE[phase], 'timeout');
    this.#arm();
  }
}
