import { type Wheel, WheelTimer } from '../../shared/time/wheel.ts';
import type { SocketWire } from '../codec/socket.ts';
import type { SniffPlan } from '../core/plan/listener.ts';
import type { Turn } from '../core/turn.ts';
import type { WireSink } from '../core/wire.ts';
import { ClientHello } from '../l4/client-hello.ts';
import { Gathered } from '../l4/gathered.ts';
import { NOTHING_KNOWN, type Sniffed } from './chain-index.ts';
import { guessHttp, preface } from './first-bytes.ts';

/** Who wants to know what a connection is. */
export interface SnifferOwner {
  readonly sniff: SniffPlan;
  readonly turn: Turn;
  readonly wheel: Wheel;
  /** It is known what can be known: the owner gives the wire another sink, or destroys it. */
  onKnown(sniffer: Sniffer, sniffed: Sniffed): void;
  /** The time is over, and going on without knowing is not wanted (see SniffPlan). */
  onTooLate(sniffer: Sniffer): void;
  /** The connection is gone. */
  onGone(sniffer: Sniffer): void;
}

const HANDSHAKE = 22;

/** Looks at the first bytes of a connection; they are handed on to the sink that the wire gets then. */
export class Sniffer implements WireSink {
  readonly wire: SocketWire;
  readonly #owner: SnifferOwner;
  readonly #timer: WheelTimer;
  readonly #goesOn: boolean;
  /** Bytes of earlier reads; null as long as the first read tells all. */
  #gathered: Gathered | null = null;
  #hello: ClientHello | null = null;

  /** `timeout`: how long to look, ms, when that is not as the plan says; then it goes on in any case. */
  constructor(wire: SocketWire, owner: SnifferOwner, timeout = owner.sniff.timeout) {
    this.wire = wire;
    this.#owner = owner;
    this.#goesOn = owner.sniff.continueOnTimeout || timeout !== owner.sniff.timeout;
    this.#timer = new WheelTimer(() => this.#timedOut());
    wire.sink = this;
    if (timeout > 0) owner.wheel.start(this.#timer, timeout, owner.turn.now);
  }

  onBytes(buffer: Buffer, length: number): void {
    const seen = this.#gathered;
    seen?.add(buffer, 0, length);
    const bytes = seen === null ? buffer : seen.bytes;
    const size = seen === null ? length : seen.length;
    const sniffed = this.#look(bytes, size, size - length);
    if (sniffed !== null) return this.#known(sniffed, bytes, size);
    if (seen !== null) return;
    this.#gathered = new Gathered();
    this.#gathered.add(buffer, 0, length);
  }

  onDrain(): void {}

  /** A client that has said all it will may still want to hear: it goes on as what it looks like. */
  onEof(): void {
    this.#giveUp();
    if (this.wire.sink !== this) this.wire.sink.onEof();
  }

  onClose(): void {
    this.stop();
    this.#owner.onGone(this);
  }

  /** It is not looked at any more. */
  stop(): void {
    this.#owner.wheel.stop(this.#timer);
  }

  /** Null: more is needed. `from`: where the last read begins. */
  #look(bytes: Buffer, length: number, from: number): Sniffed | null {
    const { tls, http } = this.#owner.sniff;
    if (tls && bytes[0] === HANDSHAKE) {
      this.#hello ??= new ClientHello();
      const found = this.#hello.read(bytes, from, length);
      if (found === 'more') return null;
      if (found === 'no') return NOTHING_KNOWN;
      return { transport: 'tls', serverName: this.#hello.serverName, protocols: this.#hello.protocols };
    }
    const guess = http ? guessHttp(bytes, length) : preface(bytes, length);
    if (guess === 'more') return null;
    return guess === '' ? NOTHING_KNOWN : { ...NOTHING_KNOWN, protocols: [guess] };
  }

  #known(sniffed: Sniffed, bytes: Buffer, length: number): void {
    this.stop();
    this.#owner.onKnown(this, sniffed);
    if (length > 0 && this.wire.sink !== this) this.wire.sink.onBytes(bytes, length);
  }

  #timedOut(): void {
    if (this.#goesOn) this.#giveUp();
    else this.#owner.onTooLate(this);
  }

  /** Goes on with what there is. */
  #giveUp(): void {
    const seen = this.#gathered;
    this.#known(NOTHING_KNOWN, seen === null ? NONE : seen.bytes, seen === null ? 0 : seen.length);
  }
}

const NONE = Buffer.alloc(0);
