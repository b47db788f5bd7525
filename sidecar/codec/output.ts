import type { Output } from '../core/wire.ts';
import { MAX_ROOM } from '../core/wire.ts';

/** The largest read fits with the heads of the frames that it is sent on in. */
const OUTPUT_BYTES = MAX_ROOM + 4096;
/** Buffers kept for the next turn; more are dropped when a turn needed more. */
const MAX_KEPT = 8;

/** What is left of an output that was dropped: connections may still point to it, and must not keep its memory. */
const NOTHING = Buffer.alloc(0);

/** The output buffers of one thread: a connection has one only while a turn writes to it. */
export class OutputStock {
  readonly #free: Output[] = [];
  #epoch = 0;

  /** An empty one. */
  take(): Output {
    const output = this.#free.pop() ?? { bytes: Buffer.allocUnsafeSlow(OUTPUT_BYTES), at: 0, epoch: 0 };
    this.#epoch = (this.#epoch + 1) & 0x3fffffff;
    output.epoch = this.#epoch;
    return output;
  }

  /** Takes one back that nobody reads any more. */
  give(output: Output): void {
    output.at = 0;
    output.epoch = 0;
    if (this.#free.length < MAX_KEPT) this.#free.push(output);
    else output.bytes = NOTHING;
  }

  /** This one is the socket's until it is given back: what it holds can no longer be changed. */
  lose(output: Output): Output {
    output.epoch = 0;
    return output;
  }
}
