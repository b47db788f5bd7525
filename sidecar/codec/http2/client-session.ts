import type { ClientStream as Contract } from '../../core/exchange.ts';
import type { FrameWire } from '../../core/wire.ts';
import type { ClientOptions, ClientSessionOwner } from './client-options.ts';
import { ClientStream } from './client-stream.ts';
import { RESET_BY_US } from './closed-streams.ts';
import { Connection, type ConnectionContext } from './connection.ts';
import { FLOOD } from './flood.ts';
import { ERROR, MAX_STREAM_ID } from './frame.ts';
import { TABLE_BYTES } from './hpack-decoder.ts';
import { SETTING } from './settings.ts';

/** Streams before the server has said how many it allows (RFC 9113 6.5.2 recommends that as the least). */
const UNTOLD_STREAMS = 100;
const KEEPALIVE_PING = Buffer.alloc(8, 'aya ping', 'latin1');

/** One upstream HTTP/2 connection: many streams at a time, as far as the server allows. */
export class ClientSession extends Connection {
  readonly scheme: string;
  readonly #options: ClientOptions;
  readonly #owner: ClientSessionOwner;
  #nextId = 1;
  /** Streams given out and not started. */
  #reserved = 0;
  #told = false;
  #draining = false;
  /** Monotonic ms of the last bytes, and of the PING that waits for its answer (-1 = none does). */
  #heard: number;
  #pinged = -1;
  /** It was given up because a PING had no answer. */
  silent = false;

  constructor(wire: FrameWire, options: ClientOptions, context: ConnectionContext, owner: ClientSessionOwner) {
    super(wire, options, context, false);
    this.scheme = options.scheme;
    this.#options = options;
    this.#owner = owner;
    this.#heard = this.opened;
    this.writer.preface();
    const { initialWindowSize, maxHeaderListSize, enablePush, headerTableSize } = SETTING;
    const told = [enablePush, 0, initialWindowSize, this.streamWindow, maxHeaderListSize, options.maxHeadBytes];
    if (options.tableBytes !== TABLE_BYTES) told.push(headerTableSize, options.tableBytes);
    this.writer.settings(told);
    this.inflow.greet();
    this.pulse.watch(options.stallTimeout);
    this.pulse.watch(options.keepaliveInterval);
    if (options.keepaliveInterval + options.keepaliveIdle > 0) this.pulse.watch(options.keepaliveTimeout);
    this.pulse.soon();
  }

  /** Streams that it can take now. */
  get available(): number {
    if (!this.open || this.#draining) return 0;
    const allowed = Math.min(
      this.#options.maxConcurrentStreams,
      this.#told ? this.peer.maxConcurrentStreams : UNTOLD_STREAMS,
    );
    return Math.max(0, allowed - this.active);
  }

  /** Streams under way, those given out included. */
  get active(): number {
    return this.streams.size + this.#reserved;
  }

  /** It finishes what it has and takes nothing new. */
  get draining(): boolean {
    return this.#draining;
  }

  /** The server takes extended CONNECT (RFC 8441). */
  get extendedConnect(): boolean {
    return this.peer.extendedConnect;
  }

  /** Gives out a stream, to be started or cancelled; only while `available` is not 0. */
  lease(): Contract {
    this.#reserved += 1;
    return new ClientStream(this);
  }

  /** Takes no more streams, and closes when those under way are over. */
  drain(): void {
    if (!this.#draining) this.#retire();
  }

  /** A stream was given back without being started. */
  release(): void {
    this.#reserved -= 1;
    this.#freed();
  }

  /** A stream that was given out begins: it gets its number. False = the connection takes none any more. */
  enter(stream: ClientStream): boolean {
    this.#reserved -= 1;
    if (!this.open || this.#draining) {
      this.#freed();
      return false;
    }
    const { keepaliveIdle } = this.#options;
    if (keepaliveIdle > 0 && this.turn.now - this.#heard >= keepaliveIdle) this.#ping();
    stream.open(this.#nextId);
    this.#nextId += 2;
    this.streams.add(stream);
    this.pulse.soon();
    if (this.#nextId > MAX_STREAM_ID) this.#retire();
    return true;
  }

  override onBytes(buffer: Buffer, length: number): void {
    this.#heard = this.turn.now;
    super.onBytes(buffer, length);
  }

  /** RFC 9113 6.8: streams above `lastId` were not and will not be looked at. */
  onGoaway(lastId: number): void {
    if (!this.#draining) this.#retire();
    for (const stream of this.streams.all()) {
      if (stream.id <= lastId) continue;
      this.close(stream, RESET_BY_US);
      stream.discard();
      stream.onBroken('refused', ERROR.refusedStream, '');
    }
  }

  protected isIdle(id: number): boolean {
    return id >= this.#nextId || (id & 1) === 0;
  }

  protected onOtherBlock(id: number): void {
    if (this.isIdle(id)) return this.onBroken(ERROR.protocol, 'HEADERS for an idle stream');
    if (this.closedStreams.ending(id) === RESET_BY_US) return this.count(FLOOD.useless);
    this.onBroken(ERROR.streamClosed, 'HEADERS for a stream that has ended');
  }

  protected onStreamClosed(): void {
    this.flood.answered();
    this.#freed();
  }

  protected onPeerSettings(): void {
    this.#told = true;
    if (this.available > 0) this.#owner.onFree(this);
  }

  protected onPong(): void {
    this.#pinged = -1;
  }

  protected onGone(): void {
    this.#owner.onGone(this);
  }

  #freed(): void {
    if (this.#draining) {
      if (this.active === 0) this.#leave();
    } else if (this.open) this.#owner.onFree(this);
  }

  #retire(): void {
    this.#draining = true;
    if (!this.open) return;
    this.#owner.onDraining(this);
    if (this.active === 0) this.#leave();
  }

  #leave(): void {
    if (!this.open) return;
    this.writer.goaway(0, ERROR.none, '');
    this.shut();
  }

  protected look(): number {
    const { now } = this.turn;
    const { keepaliveInterval, keepaliveTimeout, stallTimeout } = this.#options;
    for (const stream of this.streams.all()) {
      if (stream.waitsSince >= 0 && this.pulse.passed(stream.waitsSince, stallTimeout))
        (stream as ClientStream).stalled();
    }
    if (this.#pinged >= 0) {
      // Whatever came since is as good as the answer.
      if (this.#heard > this.#pinged) this.#pinged = -1;
      else if (now - this.#pinged >= keepaliveTimeout) {
        this.silent = true;
        this.destroy();
      }
    } else if (keepaliveInterval > 0 && now - this.#heard >= keepaliveInterval) this.#ping();
    return keepaliveInterval > 0 || this.#pinged >= 0 ? 0 : Number.POSITIVE_INFINITY;
  }

  /** Asks whether the server is still there; `look` sees to it that it answers. */
  #ping(): void {
    if (this.#pinged >= 0) return;
    this.#pinged = this.turn.now;
    this.writer.ping(false, KEEPALIVE_PING, 0);
    this.pulse.soon();
  }
}
