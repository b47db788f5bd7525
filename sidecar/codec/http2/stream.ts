import type { HeaderList } from '../../core/headers.ts';
import { ByteQueue } from './byte-queue.ts';
import type { Connection } from './connection.ts';
import { ERROR, MAX_WINDOW } from './frame.ts';
import type { LastFrame } from './frame-writer.ts';

/** How a stream ends before its time. */
export type Breach = 'reset' | 'refused' | 'protocol' | 'lost' | 'timeout';

/**
 * One stream of a connection, of either side (RFC 9113 5): flow control in both directions, and what waits because of it.
 * To send: at most what the producer wrote before it heeded `false`. Received: at most the window, and only while whoever
 * takes the data asked to pause; other streams never wait for it.
 */
export abstract class Stream implements LastFrame {
  id: number;
  readonly connection: Connection;
  // Links of the connection's table and of the line before its window.
  nextInTable: Stream | null = null;
  nextInLine: Stream | null = null;
  inLine = false;
  flagsAt = 0;
  epoch = 0;
  /** No longer in the table: nothing is sent for it any more. */
  closed = false;
  /** Bytes that the peer lets us send; below 0 after it took some back (RFC 9113 6.9.2). */
  sendWindow: number;
  /** END_STREAM was sent. */
  localDone = false;
  /** END_STREAM was received. */
  remoteDone = false;
  /** Ticks of the connection when it began, when something moved, and since when data waits to be sent (-1 = none). */
  began: number;
  touched: number;
  waitsSince = -1;
  /** Bytes that the peer may still send. */
  #window: number;
  /** Bytes taken and not yet allowed again. */
  #taken = 0;
  /** The last DATA is coming: the window is of no use any more. */
  #lastData = false;
  #pending: ByteQueue | null = null;
  #ending = false;
  #trailers: HeaderList | null = null;
  /** By Content-Length, still to come; -1 = unknown. */
  #expected = -1;
  #paused = false;
  #held: ByteQueue | null = null;
  #heldEnd = false;
  #heldTrailers: HeaderList | null = null;

  constructor(connection: Connection) {
    this.id = 0;
    this.connection = connection;
    this.sendWindow = 0;
    this.#window = connection.streamWindow;
    this.began = 0;
    this.touched = 0;
  }

  /** It gets its number, and the time runs. */
  open(id: number): void {
    const { peer, pulse } = this.connection;
    this.id = id;
    this.sendWindow = peer.initialWindow;
    this.began = pulse.tick;
    this.touched = pulse.tick;
  }

  /** Takes received body bytes, borrowed until return; false = pause. */
  protected abstract onChunk(chunk: Uint8Array): boolean;
  /** The peer's message is complete. */
  protected abstract onMessageEnd(trailers: HeaderList | null): void;
  /** What waited to be sent has gone. */
  protected abstract onSent(): void;
  /** END_STREAM was sent, or could not be any more. */
  protected abstract onLocalEnd(): void;
  /** The stream is over before its time. It is out of the table. */
  abstract onBroken(breach: Breach, code: number, reason: string): void;
  /** A header block for a stream that is open stands in `block`. */
  abstract onBlock(endStream: boolean): void;

  /** How many bytes the peer announced; more or fewer are malformed (RFC 9113 8.1.1). -1 = it did not. */
  expect(bytes: number): void {
    this.#expected = bytes;
  }

  /** Body bytes still to come by Content-Length; -1 = unknown. */
  protected get expected(): number {
    return this.#expected;
  }

  /** Sends body bytes, or keeps a copy of what may not go yet. False = wait for `onSent`. */
  protected send(chunk: Uint8Array): boolean {
    const { outflow } = this.connection;
    const { tick } = this.connection.pulse;
    const { length } = chunk;
    let from = 0;
    this.touched = tick;
    if (this.#pending === null) {
      while (from < length) {
        const room = outflow.room(this);
        if (room <= 0) break;
        const to = Math.min(length, from + room);
        this.#data(chunk, from, to);
        from = to;
      }
      if (from === length) return true;
      this.#pending = new ByteQueue();
      this.waitsSince = tick;
    }
    this.#pending.push(chunk, from, length);
    if (this.sendWindow > 0) outflow.enter(this);
    return false;
  }

  /** Ends our side, after what waits. */
  protected finish(trailers: HeaderList | null): void {
    if (this.#ending || this.closed) return;
    this.#ending = true;
    this.#trailers = trailers;
    if (this.#pending === null) this.#sendEnd();
  }

  /** Sends one frame of what waits; true = more could go if the connection let it. */
  sendFrame(): boolean {
    const pending = this.#pending;
    if (pending === null || this.closed) return false;
    const room = this.connection.outflow.room(this);
    if (room <= 0) return this.sendWindow > 0;
    const bytes = pending.shift(room);
    this.touched = this.connection.pulse.tick;
    this.#data(bytes, 0, bytes.length);
    pending.done();
    if (pending.size > 0) return this.sendWindow > 0;
    this.#pending = null;
    this.waitsSince = -1;
    if (this.#ending) this.#sendEnd();
    else this.onSent();
    return false;
  }

  /** The peer lets us send `bytes` more (or, below 0, fewer); false = more than a window can be. */
  allow(bytes: number): boolean {
    this.sendWindow += bytes;
    if (this.sendWindow > MAX_WINDOW) return false;
    if (this.#pending !== null && this.sendWindow > 0) this.connection.outflow.enter(this);
    return true;
  }

  /** DATA of `bytes`, padding included, is coming, the last or not; false = more than we allowed. */
  admit(bytes: number, last: boolean): boolean {
    this.#lastData = last;
    this.touched = this.connection.pulse.tick;
    this.#window -= bytes;
    return this.#window >= 0;
  }

  /** Body bytes, borrowed until return. */
  receive(buffer: Buffer, from: number, to: number): void {
    const length = to - from;
    if (this.#expected >= 0) {
      this.#expected -= length;
      if (this.#expected < 0) {
        this.connection.inflow.credit(length);
        this.connection.breakStream(this, ERROR.protocol, 'more body than content-length says');
        return;
      }
    }
    if (this.#paused || this.#held !== null) {
      this.#held ??= new ByteQueue();
      this.#held.push(buffer, from, to);
    } else this.#deliver(buffer.subarray(from, to));
  }

  /** END_STREAM came. */
  receiveEnd(trailers: HeaderList | null): void {
    this.remoteDone = true;
    if (this.#expected > 0) {
      this.connection.breakStream(this, ERROR.protocol, 'less body than content-length says');
      return;
    }
    if (this.localDone) this.connection.close(this);
    if (this.#held === null) return this.onMessageEnd(trailers);
    this.#heldEnd = true;
    this.#heldTrailers = trailers;
  }

  /** Bytes are done with: the peer may send as many again. */
  taken(bytes: number): void {
    const { connection } = this;
    connection.inflow.credit(bytes);
    if (this.#lastData || this.remoteDone || this.closed) return;
    this.#taken += bytes;
    if (this.#taken * 2 < connection.streamWindow) return;
    connection.writer.windowUpdate(this.id, this.#taken);
    this.#window += this.#taken;
    this.#taken = 0;
  }

  /** Stops delivery; what comes meanwhile is held, and no more than the window is. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.touched = this.connection.pulse.tick;
    const held = this.#held;
    if (held === null) return;
    while (held.size > 0) {
      if (this.#paused) return;
      this.#deliver(held.shift(held.size));
      held.done();
      if (this.#held === null) return;
    }
    this.#held = null;
    if (this.#heldEnd) this.onMessageEnd(this.#heldTrailers);
  }

  /** Forgets what waits in either direction. */
  discard(): void {
    const held = this.#held;
    if (this.#pending !== null) this.#pending.drop();
    this.#held = null;
    this.#pending = null;
    this.waitsSince = -1;
    if (held === null) return;
    this.connection.inflow.credit(held.size);
    held.drop();
  }

  #deliver(chunk: Uint8Array): void {
    if (!this.onChunk(chunk)) this.#paused = true;
    this.taken(chunk.length);
  }

  #data(chunk: Uint8Array, from: number, to: number): void {
    const { connection } = this;
    connection.writer.data(this, chunk, from, to);
    connection.flood.carried();
    this.sendWindow -= to - from;
    connection.outflow.spend(to - from);
  }

  #sendEnd(): void {
    const { writer } = this.connection;
    if (this.#trailers !== null) writer.trailers(this, this.#trailers);
    else writer.endStream(this);
    this.localDone = true;
    if (this.remoteDone) this.connection.close(this);
    this.onLocalEnd();
  }
}
