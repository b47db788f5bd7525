import type { HeaderList } from '../../core/headers.ts';
import type { FrameWire, Output } from '../../core/wire.ts';
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  FRAME_HEAD,
  GOAWAY,
  HEADERS,
  MAX_FRAME,
  PING,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from './frame.ts';
import { HpackEncoder } from './hpack-encoder.ts';

/** Up to here a loop beats a call. */
const SHORT = 48;

/** Where the last frame of a stream stands, so that END_STREAM can be set on it as long as it has not left. */
export interface LastFrame {
  id: number;
  flagsAt: number;
  epoch: number;
}

/** Writes the frames of one connection into its wire. Windows and states are the caller's. */
export class FrameWriter {
  readonly encoder: HpackEncoder;
  readonly #wire: FrameWire;
  #output: Output | null = null;
  /** A block that is larger than a frame, while it is encoded. */
  #large: Buffer | null = null;

  /** `tableBytes`: of the HPACK table at most. */
  constructor(wire: FrameWire, tableBytes: number) {
    this.#wire = wire;
    this.encoder = new HpackEncoder(tableBytes);
  }

  /** HEADERS of a request; `protocol` of an extended CONNECT, else ''. Returns the bytes written. */
  request(
    last: LastFrame,
    method: string,
    scheme: string,
    authority: string,
    path: string,
    headers: HeaderList,
    length: number,
    protocol: string,
  ): number {
    const { encoder } = this;
    const text = method.length + scheme.length + authority.length + path.length + protocol.length;
    this.#begin(encoder.room(headers, text));
    encoder.request(method, scheme, authority, path);
    if (protocol !== '') encoder.protocol(protocol);
    encoder.headers(headers);
    if (length > 0) encoder.contentLength(length);
    return this.#finish(last, 0);
  }

  /** HEADERS of a response. `length` > 0 is told. */
  response(last: LastFrame, status: number, headers: HeaderList, length: number): number {
    const { encoder } = this;
    this.#begin(encoder.room(headers, 0));
    encoder.status(status);
    encoder.headers(headers);
    if (length > 0) encoder.contentLength(length);
    return this.#finish(last, 0);
  }

  /** HEADERS after the body; they end the stream. */
  trailers(last: LastFrame, headers: HeaderList): number {
    this.#begin(this.encoder.room(headers, 0));
    this.encoder.headers(headers);
    return this.#finish(last, END_STREAM);
  }

  /** One DATA frame with `chunk[from, to)`, at most MAX_FRAME bytes. */
  data(last: LastFrame, chunk: Uint8Array, from: number, to: number): void {
    const length = to - from;
    const output = this.#head(length, DATA, 0, last.id);
    last.flagsAt = output.at - 5;
    last.epoch = output.epoch;
    const { bytes } = output;
    let at = output.at;
    output.at = at + length;
    if (length <= SHORT) for (let each = from; each < to; each += 1) bytes[at++] = chunk[each] as number;
    else bytes.set(length === chunk.length ? chunk : chunk.subarray(from, to), at);
    this.#wire.commit();
  }

  /** Ends a stream: by its last frame if that has not left, else by an empty one. */
  endStream(last: LastFrame): void {
    const output = this.#output;
    if (output !== null && last.epoch !== 0 && output.epoch === last.epoch) {
      output.bytes[last.flagsAt] = (output.bytes[last.flagsAt] as number) | END_STREAM;
      return;
    }
    this.#head(0, DATA, END_STREAM, last.id);
    this.#wire.commit();
  }

  reset(id: number, code: number): void {
    this.#word(this.#head(4, RST_STREAM, 0, id), code);
    this.#wire.commit();
  }

  windowUpdate(id: number, increment: number): void {
    this.#word(this.#head(4, WINDOW_UPDATE, 0, id), increment);
    this.#wire.commit();
  }

  /** What a client says first. */
  preface(): void {
    this.#wire.text(PREFACE);
  }

  /** id, value, id, value, ... */
  settings(values: readonly number[]): void {
    const output = this.#head(values.length * 3, SETTINGS, 0, 0);
    for (let each = 0; each < values.length; each += 2) {
      output.at = output.bytes.writeUInt16BE(values[each] as number, output.at);
      output.at = output.bytes.writeUInt32BE(values[each + 1] as number, output.at);
    }
    this.#wire.commit();
  }

  settingsAck(): void {
    this.#head(0, SETTINGS, ACK, 0);
    this.#wire.commit();
  }

  /** The eight bytes at `buffer[from]`. */
  ping(ack: boolean, buffer: Buffer, from: number): void {
    const output = this.#head(8, PING, ack ? ACK : 0, 0);
    output.at += buffer.copy(output.bytes, output.at, from, from + 8);
    this.#wire.commit();
  }

  goaway(lastId: number, code: number, reason: string): void {
    const output = this.#head(8 + reason.length, GOAWAY, 0, 0);
    this.#word(output, lastId);
    this.#word(output, code);
    output.at += output.bytes.write(reason, output.at, 'latin1');
    this.#wire.commit();
  }

  /** Opens a block of at most `room` bytes: in place when it surely fits into one frame. */
  #begin(room: number): void {
    if (room <= MAX_FRAME) {
      const output = this.#wire.room(FRAME_HEAD + room);
      this.#output = output;
      this.#large = null;
      this.encoder.begin(output.bytes, output.at + FRAME_HEAD);
    } else {
      this.#large = Buffer.allocUnsafeSlow(room);
      this.encoder.begin(this.#large, 0);
    }
  }

  #finish(last: LastFrame, flags: number): number {
    const end = this.encoder.end();
    if (this.#large !== null) return this.#split(last, flags, this.#large, end);
    const output = this.#output as Output;
    const length = end - output.at - FRAME_HEAD;
    putHead(output, length, HEADERS, flags | END_HEADERS, last.id);
    last.flagsAt = output.at - 5;
    last.epoch = output.epoch;
    output.at = end;
    this.#wire.commit();
    return FRAME_HEAD + length;
  }

  /** HEADERS and as many CONTINUATION as it takes (RFC 9113 6.10). */
  #split(last: LastFrame, flags: number, block: Buffer, end: number): number {
    this.#large = null;
    let written = 0;
    for (let from = 0; from === 0 || from < end; from += MAX_FRAME) {
      const length = Math.min(MAX_FRAME, end - from);
      const ends = from + length === end ? END_HEADERS : 0;
      const output = this.#head(length, from === 0 ? HEADERS : CONTINUATION, from === 0 ? flags | ends : ends, last.id);
      if (from === 0) {
        last.flagsAt = output.at - 5;
        last.epoch = output.epoch;
      }
      output.at += block.copy(output.bytes, output.at, from, from + length);
      written += FRAME_HEAD + length;
    }
    this.#wire.commit();
    return written;
  }

  /** The head of a frame, with room for its payload after it. */
  #head(length: number, type: number, flags: number, id: number): Output {
    const output = this.#wire.room(FRAME_HEAD + length);
    this.#output = output;
    putHead(output, length, type, flags, id);
    return output;
  }

  #word(output: Output, value: number): void {
    output.at = output.bytes.writeUInt32BE(value, output.at);
  }
}

function putHead(output: Output, length: number, type: number, flags: number, id: number): void {
  const { bytes } = output;
  let { at } = output;
  bytes[at++] = length >>> 16;
  bytes[at++] = (length >>> 8) & 0xff;
  bytes[at++] = length & 0xff;
  bytes[at++] = type;
  bytes[at++] = flags;
  bytes[at++] = id >>> 24;
  bytes[at++] = (id >>> 16) & 0xff;
  bytes[at++] = (id >>> 8) & 0xff;
  bytes[at++] = id & 0xff;
  output.at = at;
}
