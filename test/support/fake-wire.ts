import { type FrameWire, MAX_ROOM, type Output, type WireSink } from '../../sidecar/core/wire.ts';

const deaf: WireSink = { onBytes() {}, onDrain() {}, onEof() {}, onClose() {} };

/** A Wire in memory: what a codec writes stands in `output`, what the peer does is done by calling the sink. */
export class FakeWire implements FrameWire {
  sink: WireSink = deaf;
  backedUp = false;
  paused = false;
  ended = false;
  closed = false;
  destroyed: 'no' | 'fin' | 'rst' = 'no';
  #gone = false;
  #output = '';
  #written = 0;
  readonly #frames: Output = { bytes: Buffer.alloc(MAX_ROOM), at: 0, epoch: 1 };

  /** Everything written so far, latin1; may be set back to ''. Looking at it counts as the end of a turn. */
  get output(): string {
    this.#flush();
    return this.#output;
  }

  set output(text: string) {
    this.#flush();
    this.#output = text;
  }

  get written(): number {
    return this.#written + this.#frames.at;
  }

  room(size: number): Output {
    if (this.#frames.bytes.length - this.#frames.at < size) this.#flush();
    return this.#frames;
  }

  commit(): void {}

  #flush(): void {
    const { bytes, at } = this.#frames;
    if (at === 0) return;
    if (!this.ended) this.#output += bytes.toString('latin1', 0, at);
    this.#written += at;
    this.#frames.at = 0;
    this.#frames.epoch += 1;
  }

  text(text: string): void {
    if (this.ended) return;
    this.output += text;
    this.#written += text.length;
  }

  bytes(chunk: Uint8Array): boolean {
    this.text(Buffer.from(chunk).toString('latin1'));
    return !this.backedUp;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(): void {
    this.#flush();
    this.ended = true;
  }

  close(): void {
    this.#flush();
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
