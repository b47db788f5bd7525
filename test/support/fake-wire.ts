import type { Wire, WireSink } from '../../sidecar/core/wire.ts';

const deaf: WireSink = { onBytes() {}, onDrain() {}, onEof() {}, onClose() {} };

/** A Wire in memory: what a codec writes stands in `output`, what the peer does is done by calling the sink. */
export class FakeWire implements Wire {
  sink: WireSink = deaf;
  /** Everything written so far, latin1. */
  output = '';
  backedUp = false;
  paused = false;
  ended = false;
  closed = false;
  destroyed: 'no' | 'fin' | 'rst' = 'no';
  #gone = false;

  get written(): number {
    return this.output.length;
  }

  text(text: string): void {
    if (!this.ended) this.output += text;
  }

  bytes(chunk: Uint8Array): boolean {
    if (!this.ended) this.output += Buffer.from(chunk).toString('latin1');
    return !this.backedUp;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(): void {
    this.ended = true;
  }

  close(): void {
    this.ended = true;
    this.closed = true;
    this.paused = false;
  }

  destroy(abort = false): void {
    if (this.destroyed !== 'no') return;
    this.ended = true;
    this.destroyed = abort ? 'rst' : 'fin';
  }

  /** The codec gave the connection up, in whatever way. */
  get over(): boolean {
    return this.closed || this.destroyed !== 'no';
  }

  /**
   * The peer sends bytes, in one read or cut at `cuts`. Each read lies in a buffer of its own between other bytes, which
   * is overwritten afterwards: whoever keeps a borrowed chunk, or reads beyond it, is found out.
   */
  receive(data: string | Buffer, cuts: readonly number[] = []): void {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    let from = 0;
    for (const cut of [...cuts, bytes.length]) {
      const to = Math.min(cut, bytes.length);
      if (to <= from || this.closed || this.destroyed !== 'no') continue;
      const shared = Buffer.alloc(to - from + 16, '\r\n0 ');
      bytes.copy(shared, 0, from, to);
      this.sink.onBytes(shared, to - from);
      shared.fill('\nX');
      from = to;
    }
  }

  /** The output queue drained. */
  drain(): void {
    this.backedUp = false;
    this.sink.onDrain();
  }

  fin(): void {
    this.sink.onEof();
  }

  /** The connection is gone. */
  gone(error = ''): void {
    if (this.#gone) return;
    this.#gone = true;
    this.sink.onClose(error);
  }
}
