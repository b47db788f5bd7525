import type { Connection } from './connection.ts';
import type { DataHandler } from './control-frames.ts';
import { FLOOD } from './flood.ts';
import { DEFAULT_WINDOW, END_STREAM, ERROR } from './frame.ts';
import type { Stream } from './stream.ts';

/** The receiving side of a connection's flow control (RFC 9113 5.2), and the way of DATA to its stream. */
export class Inflow implements DataHandler {
  readonly #connection: Connection;
  readonly #half: number;
  /** What the peer may still send, and what was taken since it was told so last. */
  #window: number;
  #taken = 0;
  /** Stream of the DATA frame under way; null = nobody wants it. */
  #stream: Stream | null = null;
  #ends = false;
  /** Nothing but padding came of it so far. */
  #empty = true;

  constructor(connection: Connection, window: number) {
    this.#connection = connection;
    this.#window = window;
    this.#half = window >> 1;
  }

  /** Tells the peer of a window that is larger than it assumes. */
  greet(): void {
    if (this.#window > DEFAULT_WINDOW) this.#connection.writer.windowUpdate(0, this.#window - DEFAULT_WINDOW);
  }

  /** Bytes are done with: the peer may send as many again. */
  credit(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken >= this.#half) this.tell();
  }

  /** Tells the peer what was taken. False = nothing was. */
  tell(): boolean {
    if (this.#taken === 0 || !this.#connection.open) return false;
    this.#connection.writer.windowUpdate(0, this.#taken);
    this.#window += this.#taken;
    this.#taken = 0;
    return true;
  }

  onDataHead(id: number, length: number, flags: number): void {
    const connection = this.#connection;
    this.#window -= length;
    if (this.#window < 0) return connection.onBroken(ERROR.flowControl, 'more DATA than the connection allows');
    const stream = connection.streams.get(id);
    this.#stream = null;
    this.#empty = true;
    this.#ends = (flags & END_STREAM) !== 0;
    if (stream === null) {
      this.credit(length);
      return connection.strayFrame(id);
    }
    if (stream.remoteDone) {
      this.credit(length);
      return connection.breakStream(stream, ERROR.streamClosed, 'DATA after END_STREAM');
    }
    if (!stream.admit(length, this.#ends)) {
      this.credit(length);
      return connection.breakStream(stream, ERROR.flowControl, 'more DATA than the stream allows');
    }
    this.#stream = stream;
  }

  onDataPart(buffer: Buffer, from: number, to: number): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#empty = false;
    if (stream.closed) this.credit(to - from);
    else stream.receive(buffer, from, to);
  }

  onPadding(length: number): void {
    if (this.#stream !== null) this.#stream.taken(length);
  }

  onDataTail(): void {
    const stream = this.#stream;
    this.#stream = null;
    if (stream === null) return;
    if (!this.#empty) this.#connection.flood.carried();
    else if (!this.#ends) this.#connection.count(FLOOD.empty);
    if (this.#ends && !stream.closed) stream.receiveEnd(null);
  }
}
