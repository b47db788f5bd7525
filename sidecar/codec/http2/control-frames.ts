import {
  ACK,
  CONTINUATION,
  END_HEADERS,
  ERROR,
  FRAME_HEAD,
  GOAWAY,
  HAS_PRIORITY,
  HEADERS,
  MAX_FRAME,
  PADDED,
  PING,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from './frame.ts';
import { GatheredBlock } from './gathered-block.ts';

/** Takes DATA frames in pieces. Any of these may stop the reader. */
export interface DataHandler {
  /** A DATA frame begins; `length` counts padding. Then parts, then the tail. */
  onDataHead(id: number, length: number, flags: number): void;
  /** `buffer[from, to)` is borrowed until return. */
  onDataPart(buffer: Buffer, from: number, to: number): void;
  /** Bytes of a DATA frame that are nobody's data. */
  onPadding(length: number): void;
  onDataTail(): void;
}

/** Takes all other frames, checked as far as they can be without knowing streams. Any of these may stop the reader. */
export interface FrameHandler {
  /** A whole header block, whatever frames it came in. `flags` of its HEADERS frame, perhaps with SELF_DEPENDENT. */
  onHeaders(id: number, flags: number, buffer: Buffer, from: number, to: number): void;
  onPriority(id: number): void;
  onReset(id: number, code: number): void;
  /** `buffer[from, to)` holds whole settings. */
  onSettings(buffer: Buffer, from: number, to: number): void;
  onSettingsAck(): void;
  /** The eight bytes stand at `buffer[at]`. */
  onPing(ack: boolean, buffer: Buffer, at: number): void;
  onGoaway(lastId: number, code: number): void;
  onWindowUpdate(id: number, increment: number): void;
  /** A frame of a type that we do not know. */
  onUnknown(): void;
  /** The frame concerns one stream, and breaks it. */
  onStreamError(id: number, code: number, reason: string): void;
  /** Nothing that follows can be understood: the handler stops the reader. */
  onBroken(code: number, reason: string): void;
}

/** Beside the flags of HEADERS: its priority names the stream itself. */
export const SELF_DEPENDENT = 0x100;

/** Checks frames other than DATA and hands them to the handler (RFC 9113 6.2 to 6.10). */
export class ControlFrames {
  readonly #handler: FrameHandler;
  readonly #block: GatheredBlock;
  /** The peer's SETTINGS have come, with which it must begin (RFC 9113 3.4). */
  begun = false;

  constructor(handler: FrameHandler, maxBlockBytes: number) {
    this.#handler = handler;
    this.#block = new GatheredBlock(maxBlockBytes);
  }

  /** Stream of the header block that has begun and not ended; 0 = none. */
  get midBlock(): number {
    return this.#block.id;
  }

  drop(): void {
    this.#block.drop();
  }

  /** Length of the payload of the frame whose head stands at `at`; -1 when it may not come now. */
  sizeOf(buffer: Buffer, at: number): number {
    const size = ((buffer[at] as number) << 16) | ((buffer[at + 1] as number) << 8) | (buffer[at + 2] as number);
    const type = buffer[at + 3] as number;
    if (!this.begun && (type !== SETTINGS || ((buffer[at + 4] as number) & ACK) !== 0)) {
      return this.#broken(ERROR.protocol, 'the first frame is not SETTINGS');
    }
    if (size > MAX_FRAME) return this.#broken(ERROR.frameSize, 'frame larger than allowed');
    if (this.#block.id !== 0 && type !== CONTINUATION) {
      return this.#broken(ERROR.protocol, 'a header block is interrupted by another frame');
    }
    return size;
  }

  /** A whole frame with its head at `head`, `size` bytes of payload after it. */
  frame(buffer: Buffer, head: number, size: number): void {
    const type = buffer[head + 3] as number;
    const flags = buffer[head + 4] as number;
    const id = idAt(buffer, head + 5);
    const at = head + FRAME_HEAD;
    switch (type) {
      case HEADERS:
        this.#headers(buffer, at, size, flags, id);
        break;
      case CONTINUATION:
        this.#continuation(buffer, at, size, flags, id);
        break;
      case WINDOW_UPDATE:
        if (size !== 4) this.#broken(ERROR.frameSize, 'WINDOW_UPDATE of a wrong size');
        else this.#windowUpdate(id, idAt(buffer, at));
        break;
      case RST_STREAM:
        if (id === 0) this.#broken(ERROR.protocol, 'RST_STREAM without a stream');
        else if (size !== 4) this.#broken(ERROR.frameSize, 'RST_STREAM of a wrong size');
        else this.#handler.onReset(id, buffer.readUInt32BE(at));
        break;
      case SETTINGS:
        this.#settings(buffer, at, size, flags, id);
        break;
      case PING:
        if (id !== 0) this.#broken(ERROR.protocol, 'PING on a stream');
        else if (size !== 8) this.#broken(ERROR.frameSize, 'PING of a wrong size');
        else this.#handler.onPing((flags & ACK) !== 0, buffer, at);
        break;
      case PRIORITY:
        if (id === 0) this.#broken(ERROR.protocol, 'PRIORITY without a stream');
        else if (size !== 5) this.#handler.onStreamError(id, ERROR.frameSize, 'PRIORITY of a wrong size');
        else this.#priority(buffer, at, id);
        break;
      case GOAWAY:
        if (id !== 0) this.#broken(ERROR.protocol, 'GOAWAY on a stream');
        else if (size < 8) this.#broken(ERROR.frameSize, 'GOAWAY too short');
        else this.#handler.onGoaway(idAt(buffer, at), buffer.readUInt32BE(at + 4));
        break;
      case PUSH_PROMISE:
        // Servers may not get one; clients of ours switch it off (RFC 9113 6.6, 8.4).
        this.#broken(ERROR.protocol, 'PUSH_PROMISE');
        break;
      default:
        this.#handler.onUnknown();
    }
  }

  /** RFC 9113 6.2. Priorities are read over (5.3.2), except the one that the former RFC calls an error. */
  #headers(buffer: Buffer, start: number, size: number, flags: number, id: number): void {
    if (id === 0) {
      this.#broken(ERROR.protocol, 'HEADERS without a stream');
      return;
    }
    let at = start;
    let end = start + size;
    if ((flags & PADDED) !== 0) {
      const padding = size > 0 ? (buffer[at] as number) : 0;
      at += 1;
      end -= padding;
    }
    let dependsOn = 0;
    if ((flags & HAS_PRIORITY) !== 0) {
      if (start + size - at >= 5) dependsOn = idAt(buffer, at);
      at += 5;
    }
    if (at > end) {
      const padded = (flags & PADDED) !== 0 && size > 0;
      this.#broken(padded ? ERROR.protocol : ERROR.frameSize, 'HEADERS too short for its padding or priority');
      return;
    }
    const all = dependsOn === id ? flags | SELF_DEPENDENT : flags;
    if ((flags & END_HEADERS) !== 0) this.#handler.onHeaders(id, all, buffer, at, end);
    else {
      this.#block.begin(id, all);
      this.#append(buffer, at, end);
    }
  }

  #continuation(buffer: Buffer, at: number, size: number, flags: number, id: number): void {
    const block = this.#block;
    if (block.id === 0 || block.id !== id) {
      this.#broken(ERROR.protocol, 'CONTINUATION that continues nothing');
      return;
    }
    if (!this.#append(buffer, at, at + size) || (flags & END_HEADERS) === 0) return;
    const { bytes, length } = block;
    const first = block.flags;
    block.drop();
    this.#handler.onHeaders(id, first, bytes, 0, length);
  }

  #append(buffer: Buffer, from: number, to: number): boolean {
    if (this.#block.append(buffer, from, to)) return true;
    this.#broken(ERROR.enhanceYourCalm, 'header block too large');
    return false;
  }

  #priority(buffer: Buffer, at: number, id: number): void {
    if (idAt(buffer, at) === id) this.#handler.onStreamError(id, ERROR.protocol, 'a stream that depends on itself');
    else this.#handler.onPriority(id);
  }

  /** RFC 9113 6.9. */
  #windowUpdate(id: number, increment: number): void {
    if (increment > 0) this.#handler.onWindowUpdate(id, increment);
    else if (id === 0) this.#broken(ERROR.protocol, 'WINDOW_UPDATE by nothing');
    else this.#handler.onStreamError(id, ERROR.protocol, 'WINDOW_UPDATE by nothing');
  }

  /** RFC 9113 6.5. */
  #settings(buffer: Buffer, at: number, size: number, flags: number, id: number): void {
    if (id !== 0) this.#broken(ERROR.protocol, 'SETTINGS on a stream');
    else if ((flags & ACK) !== 0) {
      if (size !== 0) this.#broken(ERROR.frameSize, 'acknowledged SETTINGS with a payload');
      else this.#handler.onSettingsAck();
    } else if (size % 6 !== 0) this.#broken(ERROR.frameSize, 'SETTINGS of a wrong size');
    else {
      this.begun = true;
      this.#handler.onSettings(buffer, at, at + size);
    }
  }

  #broken(code: number, reason: string): -1 {
    this.drop();
    this.#handler.onBroken(code, reason);
    return -1;
  }
}

/** 31 bits; the one before them is reserved (RFC 9113 4.1). */
export function idAt(buffer: Buffer, at: number): number {
  return (
    (((buffer[at] as number) & 0x7f) << 24) |
    ((buffer[at + 1] as number) << 16) |
    ((buffer[at + 2] as number) << 8) |
    (buffer[at + 3] as number)
  );
}
