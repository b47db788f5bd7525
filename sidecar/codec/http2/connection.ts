import type { Wheel } from '../../../shared/time/wheel.ts';
import type { Turn } from '../../core/turn.ts';
import type { FrameWire, WireSink } from '../../core/wire.ts';
import { ClosedStreams, ENDED, type Ending, RESET_BY_PEER, RESET_BY_US } from './closed-streams.ts';
import type { FrameHandler } from './control-frames.ts';
import { FLOOD, Flood, type FloodKind, floodOf } from './flood.ts';
import { DEFAULT_WINDOW, END_STREAM, ERROR } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import { type BlockLimits, block } from './header-block.ts';
import { HpackDecoder } from './hpack-decoder.ts';
import { Inflow } from './inflow.ts';
import { Outflow } from './outflow.ts';
import { Pulse } from './pulse.ts';
import { PeerSettings } from './settings.ts';
import type { Stream } from './stream.ts';
import { StreamTable } from './stream-table.ts';

/** What either side of HTTP/2 is told. */
export interface ConnectionOptions extends BlockLimits {
  /** Bytes that a peer may send on one stream before they are taken; at least 65,535. */
  readonly streamWindow: number;
  /** And on all streams together. */
  readonly connectionWindow: number;
  /** Bytes of each HPACK table: ours, unless the peer wants a smaller one, and the one that the peer may use. */
  readonly tableBytes: number;
}

export interface ConnectionContext {
  readonly turn: Turn;
  readonly wheel: Wheel;
}

const OPEN = 0;
/** Our last bytes are on their way; what comes in is dropped. */
const CLOSING = 1;
const GONE = 2;

/** The peer must acknowledge our SETTINGS, and send its own, within this time (RFC 9113 6.5.3). */
const SETTINGS_MS = 10_000;

/** What both sides of HTTP/2 have in common: frames in, frames out, windows, settings, errors (RFC 9113). */
export abstract class Connection implements WireSink, FrameHandler {
  readonly peer: PeerSettings;
  readonly outflow: Outflow;
  readonly inflow: Inflow;
  readonly writer: FrameWriter;
  readonly flood: Flood;
  readonly streams = new StreamTable();
  readonly pulse: Pulse;
  readonly streamWindow: number;
  protected readonly wire: FrameWire;
  protected readonly turn: Turn;
  protected readonly reader: FrameReader;
  protected readonly closedStreams = new ClosedStreams();
  protected readonly opened: number;
  /** Highest stream that the peer opened. */
  protected lastPeerId = 0;
  readonly #limits: BlockLimits;
  readonly #decoder: HpackDecoder;
  #phase = OPEN;
  #acknowledged = false;

  /** `server`: the peer's preface begins with the magic text. */
  constructor(wire: FrameWire, options: ConnectionOptions, context: ConnectionContext, server: boolean) {
    this.wire = wire;
    this.turn = context.turn;
    this.opened = context.turn.now;
    this.#limits = options;
    this.peer = new PeerSettings(!server);
    this.streamWindow = Math.max(options.streamWindow, DEFAULT_WINDOW);
    this.#decoder = new HpackDecoder(options.tableBytes);
    this.writer = new FrameWriter(wire, options.tableBytes);
    this.outflow = new Outflow(wire);
    this.inflow = new Inflow(this, Math.max(options.connectionWindow, DEFAULT_WINDOW));
    this.flood = new Flood(context.turn);
    this.pulse = new Pulse(context, () => this.#look());
    this.reader = new FrameReader(this, this.inflow, server, options.maxHeadBytes);
    wire.sink = this;
  }

  /** No such stream was opened yet. */
  protected abstract isIdle(id: number): boolean;
  /** A header block for a stream that is not open stands in `block`. */
  protected abstract onOtherBlock(id: number, flags: number): void;
  /** A stream left the table. */
  protected abstract onStreamClosed(): void;
  protected abstract onPeerSettings(): void;
  protected abstract onPong(payload: number): void;
  /** The connection is gone; called once. */
  protected abstract onGone(): void;
  /** Time passed: what took too long is ended. Returns the ms to the next look when there are no streams. */
  protected abstract look(): number;
  abstract onGoaway(lastId: number, code: number): void;

  get open(): boolean {
    return this.#phase === OPEN;
  }

  /** Takes a stream off the table: it is complete, or was reset. */
  close(stream: Stream, ending: Ending = ENDED): void {
    if (stream.closed) return;
    stream.closed = true;
    this.streams.remove(stream);
    this.closedStreams.add(stream.id, ending);
    this.onStreamClosed();
  }

  /** Ends a stream by RST_STREAM and tells nobody here. */
  resetStream(stream: Stream, code: number): void {
    if (stream.closed) return;
    if (this.open) this.writer.reset(stream.id, code);
    this.close(stream, RESET_BY_US);
    stream.discard();
  }

  /** Answers a stream that will not be served. */
  refuse(id: number, code: number): void {
    this.writer.reset(id, code);
    this.closedStreams.add(id, RESET_BY_US);
  }

  /** The peer broke the rules on one stream (RFC 9113 5.4.2). */
  breakStream(stream: Stream, code: number, reason: string): void {
    this.resetStream(stream, code);
    stream.onBroken('protocol', code, reason);
    this.count(FLOOD.errors);
  }

  /** Ends the connection because the peer broke the rules (RFC 9113 5.4.1). */
  onBroken(code: number, reason: string): void {
    if (!this.open) return;
    this.writer.goaway(this.lastPeerId, code, reason);
    this.shut();
    this.#loseStreams();
  }

  /** Counts what a peer may not do too often. */
  count(kind: FloodKind): void {
    if (this.flood.passes(kind)) this.onBroken(ERROR.enhanceYourCalm, floodOf(kind));
  }

  /** Sends what is queued and closes; streams are the caller's. */
  protected shut(): void {
    if (!this.open) return;
    this.#phase = CLOSING;
    this.reader.stop();
    this.pulse.stop();
    this.wire.close();
  }

  /** Ends the connection now, whatever is under way. */
  destroy(): void {
    if (this.open) this.#phase = CLOSING;
    this.reader.stop();
    this.pulse.stop();
    this.wire.destroy();
    this.#loseStreams();
  }

  onBytes(buffer: Buffer, length: number): void {
    if (this.open) this.reader.execute(buffer, length);
  }

  onDrain(): void {
    if (this.open) this.outflow.run();
  }

  /** Neither windows nor resets will come any more. */
  onEof(): void {
    if (this.open) this.destroy();
  }

  onClose(): void {
    if (this.#phase === GONE) return;
    this.#phase = GONE;
    this.reader.stop();
    this.pulse.stop();
    this.#loseStreams();
    this.onGone();
  }

  onHeaders(id: number, flags: number, buffer: Buffer, from: number, to: number): void {
    block.begin(this.#limits);
    if (!this.#decoder.decode(buffer, from, to, block)) {
      return this.onBroken(ERROR.compression, 'header block that cannot be decoded');
    }
    const stream = this.streams.get(id);
    if (stream === null) return this.onOtherBlock(id, flags);
    if (stream.remoteDone) return this.breakStream(stream, ERROR.streamClosed, 'HEADERS after END_STREAM');
    stream.touched = this.pulse.tick;
    stream.onBlock((flags & END_STREAM) !== 0);
  }

  onPriority(): void {
    this.count(FLOOD.priorities);
  }

  onReset(id: number, code: number): void {
    const stream = this.streams.get(id);
    if (stream === null) {
      if (this.isIdle(id)) return this.onBroken(ERROR.protocol, 'RST_STREAM for an idle stream');
      return this.count(FLOOD.useless);
    }
    this.close(stream, RESET_BY_PEER);
    stream.discard();
    stream.onBroken(code === ERROR.refusedStream ? 'refused' : 'reset', code, '');
  }

  onSettings(buffer: Buffer, from: number, to: number): void {
    const { peer } = this;
    const before = peer.initialWindow;
    if (!peer.take(buffer, from, to)) return this.onBroken(peer.code, 'invalid setting');
    this.writer.settingsAck();
    this.writer.encoder.allow(peer.headerTableSize);
    const more = peer.initialWindow - before;
    if (more !== 0) {
      for (const stream of this.streams.all()) {
        if (!stream.allow(more)) return this.onBroken(ERROR.flowControl, 'a window grows too large');
      }
      this.outflow.run();
    }
    this.onPeerSettings();
    this.count(FLOOD.settings);
  }

  onSettingsAck(): void {
    this.#acknowledged = true;
  }

  onPing(ack: boolean, buffer: Buffer, at: number): void {
    if (ack) return this.onPong(buffer.readUInt32BE(at + 4));
    this.writer.ping(true, buffer, at);
    this.count(FLOOD.pings);
  }

  onWindowUpdate(id: number, increment: number): void {
    if (id === 0) {
      if (!this.outflow.allow(increment)) this.onBroken(ERROR.flowControl, 'the connection window grows too large');
    } else {
      const stream = this.streams.get(id);
      if (stream === null) {
        if (this.isIdle(id)) return this.onBroken(ERROR.protocol, 'WINDOW_UPDATE for an idle stream');
      } else if (stream.allow(increment)) this.outflow.run();
      else this.breakStream(stream, ERROR.flowControl, 'the stream window grows too large');
    }
    this.count(FLOOD.windowUpdates);
  }

  onUnknown(): void {
    this.count(FLOOD.useless);
  }

  onStreamError(id: number, code: number, reason: string): void {
    const stream = this.streams.get(id);
    if (stream !== null) return this.breakStream(stream, code, reason);
    // RST_STREAM may not name an idle stream (RFC 9113 6.4).
    if (this.isIdle(id)) return this.onBroken(code, reason);
    this.refuse(id, code);
    this.count(FLOOD.errors);
  }

  /** DATA for a stream that is not open (RFC 9113 5.1). */
  strayFrame(id: number): void {
    if (this.isIdle(id)) return this.onBroken(ERROR.protocol, 'DATA for an idle stream');
    if (this.closedStreams.ending(id) !== RESET_BY_US) this.refuse(id, ERROR.streamClosed);
    this.count(FLOOD.useless);
  }

  #loseStreams(): void {
    if (this.streams.size === 0) return;
    for (const stream of this.streams.all()) {
      this.close(stream, RESET_BY_US);
      stream.discard();
      stream.onBroken('lost', ERROR.none, '');
    }
  }

  #look(): number {
    if (!this.open) return Number.POSITIVE_INFINITY;
    const settled = this.#acknowledged && this.reader.begun;
    if (!settled && this.turn.now - this.opened >= SETTINGS_MS) {
      this.onBroken(ERROR.settingsTimeout, 'SETTINGS or their acknowledgement did not come in time');
      return Number.POSITIVE_INFINITY;
    }
    const next = this.look();
    return settled && this.streams.size === 0 ? next : 0;
  }
}
