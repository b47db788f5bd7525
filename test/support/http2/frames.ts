import { HpackDecoder } from '../../../sidecar/codec/http2/hpack-decoder.ts';

export const TYPE = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;
const NAMES = Object.keys(TYPE);
export const MAGIC = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;
export const PADDED = 8;
export const PRIORITIZED = 32;

/** A frame as bytes. */
export function frame(type: number, flags: number, id: number, payload: Buffer | string = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, body]);
}

export function word(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, at) => {
    bytes.writeUInt32BE(value >>> 0, at * 4);
  });
  return bytes;
}

/** SETTINGS of (id, value, id, value, ...). */
export function settings(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 3);
  for (let at = 0; at < values.length; at += 2) {
    bytes.writeUInt16BE(values[at] as number, at * 3);
    bytes.writeUInt32BE(values[at + 1] as number, at * 3 + 2);
  }
  return frame(TYPE.SETTINGS, 0, 0, bytes);
}

export const settingsAck = (): Buffer => frame(TYPE.SETTINGS, ACK, 0);
export const ping = (flags = 0, text = '12345678'): Buffer => frame(TYPE.PING, flags, 0, text);
export const rst = (id: number, code: number): Buffer => frame(TYPE.RST_STREAM, 0, id, word(code));
export const windowUpdate = (id: number, by: number): Buffer => frame(TYPE.WINDOW_UPDATE, 0, id, word(by));
export const goaway = (lastId: number, code: number): Buffer => frame(TYPE.GOAWAY, 0, 0, word(lastId, code));
export const data = (id: number, text: string | Buffer, flags = 0): Buffer => frame(TYPE.DATA, flags, id, text);

/** A header block of literals that use no table at all: what is wrong in it is there as written. */
export function literals(...fields: string[]): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    parts.push(Buffer.from([0]), text(fields[at] as string), text(fields[at + 1] as string));
  }
  return Buffer.concat(parts);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  const length = bytes.length < 127 ? Buffer.from([bytes.length]) : Buffer.from([127, ...integer(bytes.length - 127)]);
  return Buffer.concat([length, bytes]);
}

function integer(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...integer(value >>> 7)];
}

export const headers = (id: number, flags: number, ...fields: string[]): Buffer =>
  frame(TYPE.HEADERS, flags | END_HEADERS, id, literals(...fields));

export const GET = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'cart'];
export const POST = [':method', 'POST', ':scheme', 'http', ':path', '/', ':authority', 'cart'];

/** A request without body, complete. */
export const get = (id: number, ...more: string[]): Buffer => headers(id, END_STREAM, ...GET, ...more);

/** A frame as it was received. */
export interface Frame {
  readonly type: string;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
  /** Of HEADERS with their CONTINUATION: `name: value`. */
  readonly fields: readonly string[];
  /** Of RST_STREAM and GOAWAY. */
  readonly code: number;
}

/** Takes apart what one side sent. */
export class FrameParser {
  readonly #decoder: HpackDecoder;
  #bytes = Buffer.alloc(0);
  #block: Buffer[] = [];

  /** `tableBytes`: of the HPACK table that the sender may use. */
  constructor(tableBytes?: number) {
    this.#decoder = new HpackDecoder(tableBytes);
  }

  /** Whole frames; the rest is kept for the next call. */
  push(bytes: Buffer): Frame[] {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const frames: Frame[] = [];
    while (this.#bytes.length >= 9) {
      const length = this.#bytes.readUIntBE(0, 3);
      if (this.#bytes.length < 9 + length) break;
      const type = this.#bytes[3] as number;
      const flags = this.#bytes[4] as number;
      const payload = Buffer.from(this.#bytes.subarray(9, 9 + length));
      frames.push({
        type: NAMES[type] ?? `type ${type}`,
        flags,
        id: this.#bytes.readUInt32BE(5),
        payload,
        fields: this.#fields(type, flags, payload),
        code: type === TYPE.RST_STREAM ? payload.readUInt32BE(0) : type === TYPE.GOAWAY ? payload.readUInt32BE(4) : -1,
      });
      this.#bytes = this.#bytes.subarray(9 + length);
    }
    return frames;
  }

  #fields(type: number, flags: number, payload: Buffer): string[] {
    if (type !== TYPE.HEADERS && type !== TYPE.CONTINUATION) return [];
    this.#block.push(payload);
    if ((flags & END_HEADERS) === 0) return [];
    const block = Buffer.concat(this.#block);
    this.#block = [];
    return decodeFields(this.#decoder, block);
  }
}

/** `name: value` of each field of a block; throws when it cannot be decoded. */
export function decodeFields(decoder: HpackDecoder, block: Buffer): string[] {
  const fields: string[] = [];
  const sink = {
    add: (name: string, value: string) => {
      fields.push(`${name}: ${value}`);
    },
    keepSecret() {},
  };
  const whole = Buffer.concat([Buffer.from('x'), block, Buffer.from('y')]);
  if (!decoder.decode(whole, 1, whole.length - 1, sink)) throw new Error(`cannot decode ${block.toString('hex')}`);
  return fields;
}
