import { ControlFrames, type DataHandler, type FrameHandler, idAt } from './control-frames.ts';
import { DATA, ERROR, FRAME_HEAD, PADDED, PREFACE } from './frame.ts';

const NOT_DATA = -1;

/**
 * A push parser of HTTP/2 frames (RFC 9113 4, 6): feed it whatever was read; any split of the bytes gives the same calls
 * except that DATA comes in as many parts as it was read in. Frames that come in one read are parsed where they lie.
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #takes: DataHandler;
  readonly #control: ControlFrames;
  /** Bytes of the client's preface still to come. */
  #preface: number;
  /** A frame other than DATA that is not complete, from its head on. */
  #rest: Buffer | null = null;
  #have = 0;
  /** Payload of the DATA frame under way still to come, padding included; NOT_DATA = none is. */
  #data = NOT_DATA;
  #padding = 0;
  #wantsPadLength = false;
  #stopped = false;

  /** `server`: the peer's preface begins with a magic text (RFC 9113 3.4). */
  constructor(handler: FrameHandler, data: DataHandler, server: boolean, maxBlockBytes: number) {
    this.#handler = handler;
    this.#takes = data;
    this.#preface = server ? PREFACE.length : 0;
    this.#control = new ControlFrames(handler, maxBlockBytes);
  }

  /** Stream of the header block that has begun and not ended; 0 = none. */
  get midBlock(): number {
    return this.#control.midBlock;
  }

  /** The peer's SETTINGS have come, with which it must begin. */
  get begun(): boolean {
    return this.#control.begun;
  }

  /** Parses nothing any more. */
  stop(): void {
    this.#stopped = true;
    this.#rest = null;
    this.#control.drop();
  }

  execute(buffer: Buffer, length: number): void {
    let at = this.#preface > 0 ? this.#magic(buffer, length) : 0;
    while (at < length && !this.#stopped) {
      if (this.#data !== NOT_DATA) at = this.#payload(buffer, at, length);
      else if (this.#rest !== null) at = this.#gather(this.#rest, buffer, at, length);
      else {
        const left = length - at;
        if (left < FRAME_HEAD) return this.#hold(buffer, at, length, FRAME_HEAD);
        const size = this.#control.sizeOf(buffer, at);
        if (size < 0) return;
        if (buffer[at + 3] === DATA) {
          this.#dataHead(buffer, at, size);
          at += FRAME_HEAD;
        } else if (left < FRAME_HEAD + size) return this.#hold(buffer, at, length, FRAME_HEAD + size);
        else {
          this.#control.frame(buffer, at, size);
          at += FRAME_HEAD + size;
        }
      }
    }
  }

  #magic(buffer: Buffer, length: number): number {
    const begin = PREFACE.length - this.#preface;
    const end = Math.min(length, this.#preface);
    for (let at = 0; at < end; at += 1) {
      if (buffer[at] === PREFACE.charCodeAt(begin + at)) continue;
      this.#broken(ERROR.protocol, 'invalid connection preface');
      return length;
    }
    this.#preface -= end;
    return end;
  }

  /** Keeps the beginning of a frame of which `total` bytes are wanted. */
  #hold(buffer: Buffer, from: number, to: number, total: number): void {
    this.#rest = Buffer.allocUnsafe(total);
    this.#have = buffer.copy(this.#rest, 0, from, to);
  }

  #gather(rest: Buffer, buffer: Buffer, from: number, to: number): number {
    const copied = buffer.copy(rest, this.#have, from, to);
    this.#have += copied;
    const at = from + copied;
    if (this.#have < rest.length) return at;
    this.#rest = null;
    if (rest.length > FRAME_HEAD) {
      this.#control.frame(rest, 0, rest.length - FRAME_HEAD);
      return at;
    }
    const size = this.#control.sizeOf(rest, 0);
    if (size < 0) return to;
    if (rest[3] === DATA) this.#dataHead(rest, 0, size);
    else if (size === 0) this.#control.frame(rest, 0, 0);
    else this.#hold(rest, 0, FRAME_HEAD, FRAME_HEAD + size);
    return at;
  }

  /** RFC 9113 6.1. */
  #dataHead(buffer: Buffer, at: number, size: number): void {
    const id = idAt(buffer, at + 5);
    const flags = buffer[at + 4] as number;
    if (id === 0) {
      this.#broken(ERROR.protocol, 'DATA without a stream');
      return;
    }
    this.#padding = 0;
    this.#wantsPadLength = (flags & PADDED) !== 0;
    if (this.#wantsPadLength && size === 0) {
      this.#broken(ERROR.frameSize, 'DATA too short for its padding');
      return;
    }
    this.#data = size;
    this.#takes.onDataHead(id, size, flags);
    if (size === 0) this.#dataTail();
  }

  #payload(buffer: Buffer, from: number, to: number): number {
    let at = from;
    if (this.#wantsPadLength) {
      this.#wantsPadLength = false;
      this.#padding = buffer[at] as number;
      this.#data -= 1;
      at += 1;
      if (this.#padding > this.#data) {
        this.#broken(ERROR.protocol, 'more padding than payload');
        return to;
      }
      this.#takes.onPadding(this.#padding + 1);
    }
    const data = Math.min(to - at, this.#data - this.#padding);
    if (data > 0) {
      this.#data -= data;
      this.#takes.onDataPart(buffer, at, at + data);
      at += data;
    }
    if (this.#data === this.#padding) {
      const pad = Math.min(to - at, this.#padding);
      this.#data -= pad;
      this.#padding -= pad;
      at += pad;
      if (this.#data === 0) this.#dataTail();
    }
    return at;
  }

  #dataTail(): void {
    this.#data = NOT_DATA;
    if (!this.#stopped) this.#takes.onDataTail();
  }

  #broken(code: number, reason: string): void {
    this.stop();
    this.#handler.onBroken(code, reason);
  }
}
