import type { AttemptSink, ClientStream as Contract } from '../../core/exchange.ts';
import { grpcOfReset } from '../../core/grpc.ts';
import type { HeaderList } from '../../core/headers.ts';
import { FAILURE, type Failure } from '../../core/outcome.ts';
import type { ClientSession } from './client-session.ts';
import { FLOOD } from './flood.ts';
import { ERROR, errorName } from './frame.ts';
import { block } from './header-block.ts';
import { responseProblem, statusOf, trailersOf, trailersProblem } from './header-rules.ts';
import { type Breach, Stream } from './stream.ts';

const RESERVED = 0;
const BUSY = 1;
const OVER = 2;

/** One attempt on an upstream connection. It is over at the sink's `onEnd` or `onFailure`, or by `cancel`. */
export class ClientStream extends Stream implements Contract {
  declare readonly connection: ClientSession;
  #sink: AttemptSink | null = null;
  #state = RESERVED;
  #written = 0;
  #toHead = false;
  #headSeen = false;
  /** It asks for another protocol; it got it, and is open both ways until each side ends; the server has said all. */
  #offers = false;
  #switched = false;
  #halfClosed = false;
  /** Request body bytes still to be written; -1 = open. */
  #left = -1;

  constructor(session: ClientSession) {
    super(session);
  }

  get written(): number {
    return this.#written;
  }

  start(
    method: string,
    authority: string,
    path: string,
    headers: HeaderList,
    length: number,
    sink: AttemptSink,
    protocol = '',
  ): void {
    const { connection } = this;
    if (this.#state !== RESERVED) return;
    if (protocol !== '' && connection.open && !connection.extendedConnect) {
      this.#state = OVER;
      connection.release();
      return sink.onFailure(FAILURE.noSwitch);
    }
    if (!connection.enter(this)) {
      // The connection went between the lease and the start: nothing was sent.
      this.#state = OVER;
      return sink.onFailure(FAILURE.refused);
    }
    this.#state = BUSY;
    this.#sink = sink;
    this.#toHead = method === 'HEAD';
    this.#offers = protocol !== '';
    this.#left = this.#offers ? -1 : length;
    const by = this.#offers ? 'CONNECT' : method;
    this.#written = connection.writer.request(this, by, connection.scheme, authority, path, headers, length, protocol);
    if (this.#left === 0) this.finish(null);
  }

  write(chunk: Uint8Array): boolean {
    if (this.#state !== BUSY || this.closed || chunk.length === 0) return true;
    if (this.#left >= 0) {
      this.#left -= chunk.length;
      // More than was announced (RFC 9113 8.1.1): the server would refuse it.
      if (this.#left < 0) {
        this.#fail(FAILURE.reset, ERROR.cancel);
        return true;
      }
    }
    this.#written += chunk.length;
    return this.send(chunk);
  }

  end(trailers: HeaderList | null): void {
    if (this.#state !== BUSY || this.closed) return;
    if (this.#left > 0) return this.#fail(FAILURE.reset, ERROR.cancel);
    this.finish(trailers);
    if (this.#halfClosed) this.#over(null);
  }

  cancel(): void {
    const before = this.#state;
    this.#state = OVER;
    this.#sink = null;
    if (before === RESERVED) this.connection.release();
    else if (this.closed) this.discard();
    else this.connection.resetStream(this, ERROR.cancel);
  }

  onBlock(endStream: boolean): void {
    if (this.#headSeen) {
      const problem = trailersProblem(block, endStream);
      if (problem === '') this.receiveEnd(trailersOf(block));
      else this.connection.breakStream(this, ERROR.protocol, problem);
      return;
    }
    const problem = responseProblem(block, endStream);
    if (problem !== '') return this.connection.breakStream(this, ERROR.protocol, problem);
    const status = statusOf(block.status);
    if (status >= 200) return this.#head(status, endStream);
    this.connection.count(FLOOD.informs);
    if (this.#sink !== null) this.#sink.onInform(status, block.headers());
  }

  #head(status: number, endStream: boolean): void {
    const { contentLength } = block;
    const headers = block.headers();
    this.#headSeen = true;
    if (this.#offers && status < 300 && !endStream) {
      this.#switched = true;
      (this.#sink as AttemptSink).onStart(101, headers, -1);
      return;
    }
    let length = contentLength;
    if (this.#toHead || status === 304) {
      // What they say of a length is about another response (RFC 9110 8.6).
      if (contentLength >= 0) headers.add('content-length', String(contentLength));
      length = 0;
    } else if (status === 204 || endStream) length = 0;
    if (endStream && contentLength > 0 && !this.#toHead && status !== 304) {
      return this.connection.breakStream(this, ERROR.protocol, 'less body than content-length says');
    }
    this.expect(length);
    (this.#sink as AttemptSink).onStart(status, headers, endStream ? 0 : length);
    if (endStream && !this.closed) this.receiveEnd(null);
  }

  onBroken(breach: Breach, code: number, reason: string): void {
    // A server that has said all and resets wants to hear no more, which ends the other side, too (so does Envoy).
    if (this.#halfClosed && breach === 'reset') return this.#over(null);
    const sink = this.#sink;
    this.#sink = null;
    this.#state = OVER;
    if (breach === 'refused') this.#written = 0;
    if (sink !== null) sink.onFailure(this.#failureOf(breach, code, reason));
  }

  /** It waits for a server that opens no window. */
  stalled(): void {
    this.#fail(FAILURE.timeout, ERROR.cancel);
  }

  protected onChunk(chunk: Uint8Array): boolean {
    if (this.#sink === null) return true;
    if (this.#headSeen) return this.#sink.onData(chunk);
    this.connection.breakStream(this, ERROR.protocol, 'DATA before a response head');
    return true;
  }

  protected onMessageEnd(trailers: HeaderList | null): void {
    const sink = this.#sink;
    if (sink === null) return;
    if (!this.#headSeen) return this.connection.breakStream(this, ERROR.protocol, 'a response without a head');
    if (this.#switched && !this.closed && sink.onHalfClosed) {
      this.#halfClosed = true;
      return sink.onHalfClosed();
    }
    // The server does not want the rest of the request (RFC 9113 8.1).
    if (!this.closed) this.connection.resetStream(this, ERROR.none);
    this.#over(trailers);
  }

  #over(trailers: HeaderList | null): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#state = OVER;
    sink?.onEnd(trailers);
  }

  protected onSent(): void {
    if (this.#sink !== null) this.#sink.onDrain();
  }

  protected onLocalEnd(): void {}

  #fail(failure: Failure, code: number): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#state = OVER;
    this.connection.resetStream(this, code);
    if (sink !== null) sink.onFailure(failure);
  }

  #failureOf(breach: Breach, code: number, reason: string): Failure {
    if (breach === 'protocol') return { ...FAILURE.protocol, detail: `${FAILURE.protocol.detail}: ${reason}` };
    if (breach === 'refused' && !this.#headSeen) return FAILURE.refused;
    if (breach === 'lost') return this.#headSeen ? FAILURE.truncated : FAILURE.reset;
    const failure = this.#headSeen ? FAILURE.truncated : FAILURE.streamReset;
    return { ...failure, detail: `${failure.detail}: ${errorName(code)}`, grpcStatus: grpcOfReset(code) };
  }
}
