import type { AttemptSink, ClientStream } from '../../core/exchange.ts';
import type { HeaderList } from '../../core/headers.ts';
import { FAILURE, type Failure } from '../../core/outcome.ts';
import type { Wire, WireSink } from '../../core/wire.ts';
import { chunkLine, LAST_CHUNK, LAST_CHUNK_LINE } from './chunked.ts';
import type { HeadLimits } from './field-section.ts';
import type { MessageEvents } from './message-parser.ts';
import { requestHead } from './request-head.ts';
import { ResponseParser } from './response-parser.ts';

/** The pool that a connection belongs to. */
export interface ClientSessionOwner {
  /** The exchange is over and the connection can take another; called before the sink's `onEnd`. */
  onIdle(session: ClientSession): void;
  /** The connection cannot be used any more; called once, whatever the reason. */
  onGone(session: ClientSession): void;
}

const LIMITS: HeadLimits = { maxHeadBytes: 60 * 1024, maxHeaders: 100 };

const IDLE = 0;
const BUSY = 1;
const GONE = 2;

/**
 * One upstream HTTP/1.1 connection: a ClientStream for one exchange after the other. Who holds it as a stream forgets it
 * at the sink's `onEnd` or `onFailure`, or when it calls `cancel`.
 */
export class ClientSession implements ClientStream, WireSink, MessageEvents {
  readonly #wire: Wire;
  readonly #owner: ClientSessionOwner;
  readonly #parser: ResponseParser;
  #sink: AttemptSink | null = null;
  #state = IDLE;
  /** `wire.written` when the exchange began. */
  #base = 0;
  /** Request body bytes still to be written; -1 = in chunks. */
  #left = 0;
  #requestDone = true;
  #headSeen = false;
  #finished = false;
  #trailers: HeaderList | null = null;
  #paused = false;
  /** The connection belongs to this exchange: raw bytes until each side ends. */
  #switched = false;
  #ended = false;

  constructor(wire: Wire, owner: ClientSessionOwner, limits: HeadLimits = LIMITS) {
    this.#wire = wire;
    this.#owner = owner;
    this.#parser = new ResponseParser(limits, this);
    wire.sink = this;
  }

  get written(): number {
    return this.#wire.written - this.#base;
  }

  /** It can take an exchange. */
  get idle(): boolean {
    return this.#state === IDLE;
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
    const wire = this.#wire;
    this.#base = wire.written;
    this.#sink = sink;
    if (this.#state !== IDLE) {
      // The connection went between the lease and the start: nothing was sent.
      this.#sink = null;
      sink.onFailure(FAILURE.reset);
      return;
    }
    this.#state = BUSY;
    this.#left = length;
    this.#requestDone = length === 0 && protocol === '';
    this.#headSeen = false;
    this.#finished = false;
    this.#trailers = null;
    this.#parser.next();
    this.#parser.toHead = method === 'HEAD';
    this.#parser.upgrade = protocol;
    wire.text(requestHead(method, authority, path, headers, length, protocol));
  }

  write(chunk: Uint8Array): boolean {
    const wire = this.#wire;
    if (this.#state !== BUSY || this.#requestDone || chunk.length === 0) return true;
    if (this.#switched) wire.bytes(chunk);
    else if (this.#left < 0) {
      wire.text(chunkLine(chunk.length));
      wire.bytes(chunk);
      wire.text('\r\n');
    } else {
      this.#left -= chunk.length;
      // More than was announced would be read as the next request.
      if (this.#left < 0) {
        this.#fail(FAILURE.reset);
        return true;
      }
      wire.bytes(chunk);
    }
    return !wire.backedUp;
  }

  end(trailers: HeaderList | null): void {
    if (this.#state !== BUSY || this.#requestDone) return;
    if (this.#switched) return this.#endSwitched();
    if (this.#left > 0) return this.#fail(FAILURE.reset);
    if (this.#left < 0) {
      if (trailers) this.#wire.text(`${LAST_CHUNK_LINE}${trailers.toHttp1()}\r\n`);
      else this.#wire.text(LAST_CHUNK);
    }
    this.#requestDone = true;
  }

  cancel(): void {
    if (this.#state !== BUSY) return;
    this.#sink = null;
    // By FIN the other side could not tell that nobody wants its answer any more.
    this.#gone(true);
  }

  pause(): void {
    if (this.#state !== BUSY || this.#paused) return;
    this.#paused = true;
    this.#wire.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#wire.resume();
  }

  onBytes(buffer: Buffer, length: number): void {
    let at = 0;
    while (at < length && this.#state === BUSY) {
      at = this.#parser.execute(buffer, at, length);
      if (this.#parser.refusal) return this.#malformed(this.#parser.refusal.reason);
      // With bytes left over this connection is suspect: it must not be leased again, least of all before they are read.
      if (this.#finished) return this.#complete(this.#trailers, this.#parser.keepAlive && at === length);
    }
    // Bytes that no request asked for: whoever sent them, no later request may take them for its answer.
    if (this.#state === IDLE) this.#gone();
  }

  onDrain(): void {
    if (this.#state === BUSY && !this.#requestDone) this.#sink?.onDrain();
  }

  onEof(): void {
    if (this.#switched && this.#state === BUSY && !this.#requestDone && this.#sink?.onHalfClosed) {
      this.#ended = true;
      return this.#sink.onHalfClosed();
    }
    if (this.#state === BUSY && this.#parser.untilClose) return this.#complete(null, false);
    this.#lost();
  }

  onClose(): void {
    this.#lost();
  }

  onHead(): void {
    const { status, headers, bodyLength } = this.#parser;
    const sink = this.#sink as AttemptSink;
    this.#parser.release();
    if (status < 200 && status !== 101) return sink.onInform(status, headers);
    this.#headSeen = true;
    if (status === 101) this.#switched = true;
    // The offer to switch was not taken: then nothing more is to be sent.
    else if (this.#parser.upgrade !== '') this.#requestDone = true;
    sink.onStart(status, headers, bodyLength);
  }

  onBody(chunk: Uint8Array): void {
    if (this.#sink && !this.#sink.onData(chunk)) this.pause();
  }

  onComplete(trailers: HeaderList | null): void {
    if (this.#state !== BUSY) return;
    if (this.#headSeen) {
      this.#finished = true;
      this.#trailers = trailers;
    } else this.#parser.next();
  }

  /** FIN to the upstream; over when it has sent its own. */
  #endSwitched(): void {
    this.#requestDone = true;
    this.#wire.end();
    if (this.#ended) this.#complete(null, false);
  }

  #complete(trailers: HeaderList | null, keepAlive: boolean): void {
    const sink = this.#sink as AttemptSink;
    this.#sink = null;
    if (keepAlive && this.#requestDone) {
      this.#state = IDLE;
      this.resume();
      this.#owner.onIdle(this);
    } else this.#gone();
    sink.onEnd(trailers);
  }

  #malformed(reason: string): void {
    this.#fail({ ...FAILURE.protocol, detail: `${FAILURE.protocol.detail}: ${reason}` });
  }

  #lost(): void {
    if (this.#state === GONE) return;
    if (this.#state === BUSY) this.#fail(this.#headSeen ? FAILURE.truncated : FAILURE.reset);
    else this.#gone();
  }

  #fail(failure: Failure): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#gone();
    sink?.onFailure(failure);
  }

  #gone(abort = false): void {
    if (this.#state === GONE) return;
    this.#state = GONE;
    this.#parser.stop();
    this.#wire.destroy(abort);
    this.#owner.onGone(this);
  }
}
