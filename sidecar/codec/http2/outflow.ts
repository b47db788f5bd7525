import type { FrameWire } from '../../core/wire.ts';
import { DEFAULT_WINDOW, MAX_FRAME, MAX_WINDOW } from './frame.ts';
import type { Stream } from './stream.ts';

/**
 * The sending side of a connection's flow control (RFC 9113 5.2): how much may go, and which streams wait for the
 * connection. Those take turns, a frame each.
 */
export class Outflow {
  readonly #wire: FrameWire;
  #window = DEFAULT_WINDOW;
  #first: Stream | null = null;
  #last: Stream | null = null;
  #running = false;

  constructor(wire: FrameWire) {
    this.#wire = wire;
  }

  /** Bytes of DATA that `stream` may send in one frame now. */
  room(stream: Stream): number {
    if (this.#wire.backedUp) return 0;
    return Math.min(this.#window, stream.sendWindow, MAX_FRAME);
  }

  spend(bytes: number): void {
    this.#window -= bytes;
  }

  /** The peer allows `bytes` more; false = more than a window can be (RFC 9113 6.9.1). */
  allow(bytes: number): boolean {
    this.#window += bytes;
    if (this.#window > MAX_WINDOW) return false;
    this.run();
    return true;
  }

  /** `stream` has data that waits for the connection or the wire. */
  enter(stream: Stream): void {
    if (stream.inLine) return;
    stream.inLine = true;
    stream.nextInLine = null;
    if (this.#last === null) this.#first = stream;
    else this.#last.nextInLine = stream;
    this.#last = stream;
  }

  /** Sends of what waits as much as may go. */
  run(): void {
    if (this.#running) return;
    this.#running = true;
    while (this.#first !== null && this.#window > 0 && !this.#wire.backedUp) {
      const stream = this.#first;
      this.#first = stream.nextInLine;
      if (this.#first === null) this.#last = null;
      stream.inLine = false;
      stream.nextInLine = null;
      if (stream.sendFrame()) this.enter(stream);
    }
    this.#running = false;
  }
}
