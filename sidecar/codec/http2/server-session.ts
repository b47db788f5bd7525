import { Exchange, type ExchangeHandler, type Peer } from '../../core/exchange.ts';
import { H } from '../../core/headers.ts';
import type { FrameWire } from '../../core/wire.ts';
import type { DateText } from '../http1/date-text.ts';
import { ENDED, RESET_BY_PEER, RESET_BY_US } from './closed-streams.ts';
import { Connection } from './connection.ts';
import { SELF_DEPENDENT } from './control-frames.ts';
import { FLOOD } from './flood.ts';
import { END_STREAM, ERROR, MAX_STREAM_ID } from './frame.ts';
import { block } from './header-block.ts';
import { requestProblem } from './header-rules.ts';
import { TABLE_BYTES } from './hpack-decoder.ts';
import type { ServerContext, ServerOptions, ServerSessionOwner, ServerSettings } from './server-options.ts';
import { LINGER_MS, ServerStream } from './server-stream.ts';
import { SETTING } from './settings.ts';

/** Bytes that may wait for a client that does not read before its frames are not read either. */
const MAX_BACKLOG = 64 * 1024;
/** How long the first GOAWAY has to reach the client before the second says which streams are served. */
const LEAVE_MS = 1000;
const LEAVE_PING = Buffer.alloc(8, 'aya leave', 'latin1');

/**
 * One downstream HTTP/2 connection. Each request is a ServerStream of its own; they share nothing but the connection's
 * windows.
 */
export class ServerSession extends Connection {
  readonly client: Peer;
  readonly handler: ExchangeHandler;
  readonly owner: ServerSessionOwner;
  readonly date: DateText;
  #options: ServerOptions;
  readonly #settings: ServerSettings;
  #requests = 0;
  /** Monotonic ms since when there is no stream. */
  #idleSince: number;
  /** 0 = no GOAWAY was sent, 1 = the one that announces, 2 = and we wait for it to arrive, 3 = the last. */
  #leaving = 0;
  #leavingSince = 0;
  /** `wire.written` when the wire began to back up; -1 = it has not. */
  #backlogFrom = -1;
  #throttled = false;
  /** Stream of the header block under way at the last look, and since which look. */
  #blockId = 0;
  #blockSince = 0;

  constructor(wire: FrameWire, client: Peer, options: ServerOptions, settings: ServerSettings, context: ServerContext) {
    const { streamWindow, connectionWindow, tableBytes } = settings;
    const { maxHeadBytes, maxHeaders } = options;
    super(wire, { maxHeadBytes, maxHeaders, streamWindow, connectionWindow, tableBytes }, context, true);
    this.client = client;
    this.handler = context.handler;
    this.owner = context.owner;
    this.date = context.date;
    this.#options = options;
    this.#settings = settings;
    this.#idleSince = this.opened;
    const announced = [
      SETTING.maxConcurrentStreams,
      settings.maxConcurrentStreams,
      SETTING.initialWindowSize,
      this.streamWindow,
      SETTING.maxHeaderListSize,
      maxHeadBytes,
    ];
    if (tableBytes !== TABLE_BYTES) announced.push(SETTING.headerTableSize, tableBytes);
    if (settings.extendedConnect) announced.push(SETTING.enableConnectProtocol, 1);
    this.writer.settings(announced);
    this.inflow.greet();
    this.#watch();
    this.pulse.soon();
  }

  get options(): ServerOptions {
    return this.#options;
  }

  /** Other timeouts, from the next request on. */
  set options(options: ServerOptions) {
    this.#options = options;
    this.#watch();
    this.pulse.soon();
  }

  /** No request is under way. */
  get idle(): boolean {
    return this.streams.size === 0;
  }

  /** The client does not read what it gets. */
  get congested(): boolean {
    return this.wire.backedUp;
  }

  /**
   * Announces the end by GOAWAY (RFC 9113 6.8) and still serves what comes. With `closeIdle` it takes no more requests once
   * the client can know, and closes when those under way are over.
   */
  drain(closeIdle: boolean): void {
    if (!this.open) return;
    if (closeIdle && this.#leaving === 1) return this.#leave();
    if (this.#leaving > 0) return;
    this.#leaving = closeIdle ? 2 : 1;
    this.writer.goaway(MAX_STREAM_ID, ERROR.none, '');
    if (!closeIdle) return;
    this.#leavingSince = this.turn.now;
    this.writer.ping(false, LEAVE_PING, 0);
    this.pulse.soon();
  }

  /** The last stream that will be served is known now. */
  #leave(): void {
    if (this.#leaving === 3) return;
    this.#leaving = 3;
    this.writer.goaway(this.lastPeerId, ERROR.none, '');
    if (this.idle) this.shut();
  }

  override onBytes(buffer: Buffer, length: number): void {
    super.onBytes(buffer, length);
    if (this.reader.midBlock !== 0) this.pulse.soon();
    if (!this.wire.backedUp) this.#backlogFrom = -1;
    else if (this.#backlogFrom < 0) this.#backlogFrom = this.wire.written;
    else if (!this.#throttled && this.wire.written - this.#backlogFrom > MAX_BACKLOG) {
      // Clients always read, so this cannot end in two that wait for each other.
      this.#throttled = true;
      this.wire.pause();
    }
  }

  override onDrain(): void {
    this.#backlogFrom = -1;
    if (this.#throttled) {
      this.#throttled = false;
      this.wire.resume();
    }
    super.onDrain();
  }

  override onBroken(code: number, reason: string): void {
    if (this.open) this.owner.onProtocolError(this, reason);
    super.onBroken(code, reason);
  }

  /** The client opens no more streams; what is under way goes on. */
  onGoaway(): void {
    this.#leave();
  }

  protected isIdle(id: number): boolean {
    return id > this.lastPeerId || (id & 1) === 0;
  }

  protected onOtherBlock(id: number, flags: number): void {
    if ((id & 1) === 0) return this.onBroken(ERROR.protocol, 'a stream with an even number opened by a client');
    if (id <= this.lastPeerId) return this.#lateBlock(id);
    if (this.#leaving === 3) return this.refuse(id, ERROR.refusedStream);
    this.lastPeerId = id;
    if (this.streams.size >= this.#settings.maxConcurrentStreams) {
      this.refuse(id, ERROR.refusedStream);
      return this.count(FLOOD.refusals);
    }
    const endStream = (flags & END_STREAM) !== 0;
    const problem = (flags & SELF_DEPENDENT) !== 0 ? 'a stream that depends on itself' : this.#problem(endStream);
    if (problem !== '') return this.#malformed(id, problem);
    this.#open(id, endStream);
  }

  #problem(endStream: boolean): string {
    if (block.tooLarge) return '';
    const problem = requestProblem(block, this.#settings.extendedConnect);
    if (problem !== '') return problem;
    return endStream && block.contentLength > 0 ? 'less body than content-length says' : '';
  }

  #malformed(id: number, problem: string): void {
    this.refuse(id, ERROR.protocol);
    this.owner.onBadRequest(new ServerStream(id, this, false), 0, problem);
    this.count(FLOOD.errors);
  }

  #open(id: number, endStream: boolean): void {
    const { method, contentLength, tooLarge } = block;
    const stream = new ServerStream(id, this, method === 'HEAD');
    this.streams.add(stream);
    this.pulse.soon();
    this.#requests += 1;
    if (tooLarge || (method === 'CONNECT' && (block.protocol === '' || endStream))) {
      stream.remoteDone = endStream;
      if (tooLarge) stream.refuse(431, 'header section too large', 'protocol');
      else if (block.protocol === '') stream.refuse(501, 'CONNECT is not supported', 'protocol');
      else stream.refuse(400, 'a protocol that ends as it begins', 'protocol');
    } else {
      const switches = method === 'CONNECT';
      const length = endStream || switches ? 0 : contentLength;
      const headers = block.headers();
      if (endStream) headers.removeKnown(H.expect);
      else stream.expect(contentLength);
      const { scheme, authority, path, protocol } = block;
      // An extended CONNECT is what HTTP/1.1 does by GET and Upgrade (RFC 8441 5).
      const by = switches ? 'GET' : method;
      const x = new Exchange(stream, 20, by, scheme, authority, path, headers, length, this.turn.now);
      x.protocol = protocol;
      stream.begin(x, endStream);
    }
    const most = this.#options.maxRequestsPerConnection;
    if (most > 0 && this.#requests >= most) this.drain(true);
  }

  /** HEADERS for a stream that was closed, or passed over (RFC 9113 5.1, 5.1.1). */
  #lateBlock(id: number): void {
    switch (this.closedStreams.ending(id)) {
      case RESET_BY_US:
        return this.count(FLOOD.useless);
      case RESET_BY_PEER:
        this.refuse(id, ERROR.streamClosed);
        return this.count(FLOOD.errors);
      case ENDED:
        return this.onBroken(ERROR.streamClosed, 'HEADERS for a stream that has ended');
      default:
        return this.onBroken(ERROR.protocol, 'streams must be opened in rising order');
    }
  }

  protected onStreamClosed(): void {
    if (this.streams.size > 0) return;
    this.#idleSince = this.turn.now;
    if (this.#leaving === 3) this.shut();
  }

  protected onPeerSettings(): void {}

  protected onPong(): void {
    if (this.#leaving === 2) this.#leave();
  }

  protected onGone(): void {
    this.owner.onClosed(this);
  }

  #watch(): void {
    const { headersTimeout, requestTimeout, streamIdleTimeout } = this.#options;
    this.pulse.watch(headersTimeout);
    this.pulse.watch(requestTimeout);
    this.pulse.watch(streamIdleTimeout);
    this.pulse.watch(this.#settings.stallTimeout);
  }

  protected look(): number {
    const { now } = this.turn;
    const { headersTimeout, idleTimeout, maxConnectionDuration } = this.#options;
    this.#lookAtStreams();
    if (this.#leaving === 2 && now - this.#leavingSince >= LEAVE_MS) this.#leave();
    if (this.reader.midBlock !== this.#blockId) {
      this.#blockId = this.reader.midBlock;
      this.#blockSince = this.pulse.tick - 1;
    } else if (this.#blockId !== 0 && this.pulse.passed(this.#blockSince, headersTimeout)) {
      this.onBroken(ERROR.enhanceYourCalm, 'the header block did not arrive in time');
    }
    const age = maxConnectionDuration > 0 ? this.opened + maxConnectionDuration - now : Number.POSITIVE_INFINITY;
    if (age <= 0 && this.#leaving < 2) this.drain(true);
    const idle = idleTimeout > 0 ? this.#idleSince + idleTimeout - now : Number.POSITIVE_INFINITY;
    if (this.idle && idle <= 0) this.#leave();
    if (this.#leaving === 2 || this.#blockId !== 0) return 0;
    return Math.min(idle, age <= 0 ? Number.POSITIVE_INFINITY : age);
  }

  #lookAtStreams(): void {
    if (this.idle) return;
    const { pulse } = this;
    const { requestTimeout } = this.#options;
    const { stallTimeout } = this.#settings;
    for (const stream of this.streams.all()) {
      if (!(stream instanceof ServerStream)) continue;
      if (stream.lingersSince >= 0) {
        if (pulse.passed(stream.lingersSince, LINGER_MS)) this.resetStream(stream, ERROR.none);
      } else if (stream.waitsSince >= 0 && pulse.passed(stream.waitsSince, stallTimeout)) {
        this.resetStream(stream, ERROR.cancel);
        stream.onBroken('timeout');
      } else if (!stream.remoteDone && !stream.switches && pulse.passed(stream.began, requestTimeout)) {
        stream.refuse(408, 'the request did not arrive in time', 'timeout');
      } else if (pulse.passed(stream.touched, stream.idleMs)) {
        if (stream.remoteDone || stream.switches) stream.refuse(504, 'nothing moved for too long', 'timeout');
        else stream.refuse(408, 'the request did not arrive in time', 'timeout');
      }
    }
  }
}
