import { once } from 'node:events';
import net from 'node:net';
import { huffmanEncode } from '../../sidecar/codec/http2/huffman.ts';
import {
  data,
  END_HEADERS,
  END_STREAM,
  frame,
  MAGIC,
  rst,
  settings,
  settingsAck,
  TYPE,
  windowUpdate,
} from '../support/http2/frames.ts';

const MAX_WINDOW = 2 ** 31 - 1;
const HEAD = 9;
const CANCEL = 8;
/** Bytes of DATA after which the server is told that it may send as many again. */
const CREDIT = 2 ** 28;

export interface StreamEvents {
  /** DATA came. */
  onData?(bytes: number): void;
  /** The response is complete; 0 = the stream was reset. */
  onEnd(status: number): void;
}

/** A header block by hand: what a request says once it is written costs the load nothing to say again. */
export function requestBlock(
  method: 'GET' | 'POST',
  path: string,
  ...fields: readonly (readonly [string, string])[]
): Buffer {
  const literals = fields.map(([name, value]) => Buffer.concat([Buffer.from([0]), text(name), text(value)]));
  return Buffer.concat([
    // :method and :scheme http of the static table; :authority and :path by its names.
    Buffer.from([method === 'GET' ? 0x82 : 0x83, 0x86, 0x01]),
    text('bench'),
    Buffer.from([0x04]),
    text(path),
    ...literals,
  ]);
}

/** A string in Huffman code, shorter than 127 bytes. */
export function text(value: string): Buffer {
  const bytes = Buffer.alloc(value.length * 4 + 1);
  const end = huffmanEncode(value, bytes, 1);
  if (end > 127) throw new Error(`${value} is too long`);
  bytes[0] = 0x80 | (end - 1);
  return bytes.subarray(0, end);
}

/**
 * One connection of a load that h2load cannot make: it says any header block, and may leave a stream without window. It takes from
 * responses no more than it must, so that the load costs little.
 */
export class Http2Client {
  readonly socket: net.Socket;
  /** The code that the server took leave with; -1 = it has not. */
  goaway = -1;
  readonly #streams = new Map<number, StreamEvents>();
  #nextId = 1;
  #out: Buffer[] = [];
  #rest: Buffer = Buffer.alloc(0);
  /** Of the DATA frame under way. */
  #skip = 0;
  #taken = 0;
  #id = 0;
  #ends = false;

  private constructor(socket: net.Socket, window: number) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const each of this.#streams.values()) each.onEnd(0);
      this.#streams.clear();
    });
    // SETTINGS_ENABLE_PUSH 0, SETTINGS_INITIAL_WINDOW_SIZE.
    this.#out.push(Buffer.from(MAGIC, 'latin1'), settings(2, 0, 4, window), windowUpdate(0, MAX_WINDOW - 65_535));
    this.flush();
  }

  /** `window`: of each stream, in bytes; it is not opened further. */
  static async connect(port: number, window = MAX_WINDOW): Promise<Http2Client> {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Http2Client(socket, window);
  }

  /** Streams under way. */
  get active(): number {
    return this.#streams.size;
  }

  /** Asks; the request leaves with `flush`. Without `ends` it goes on by `send`. Returns the stream's number. */
  request(block: Buffer, events: StreamEvents, ends = true): number {
    const id = this.#nextId;
    this.#nextId += 2;
    this.#streams.set(id, events);
    this.#out.push(frame(TYPE.HEADERS, END_HEADERS | (ends ? END_STREAM : 0), id, block));
    return id;
  }

  /** A DATA frame of the request body, regardless of windows. */
  send(id: number, body: Buffer, ends: boolean): void {
    this.#out.push(data(id, body, ends ? END_STREAM : 0));
  }

  /** Lets the server send more on one stream. */
  open(id: number, bytes: number): void {
    this.#out.push(windowUpdate(id, bytes));
  }

  /** Gives a stream up. */
  reset(id: number): void {
    this.#streams.delete(id);
    this.#out.push(rst(id, CANCEL));
  }

  flush(): void {
    if (this.#out.length === 0) return;
    this.socket.write(Buffer.concat(this.#out));
    this.#out = [];
  }

  close(): void {
    this.#streams.clear();
    this.socket.destroy();
  }

  #read(read: Buffer): void {
    const bytes = this.#rest.length === 0 ? read : Buffer.concat([this.#rest, read]);
    let at = 0;
    while (at < bytes.length) {
      if (this.#skip > 0) {
        const part = Math.min(this.#skip, bytes.length - at);
        this.#skip -= part;
        at += part;
        this.#took(part);
        if (this.#skip === 0 && this.#ends) this.#end(200);
        continue;
      }
      if (bytes.length - at < HEAD) break;
      const length = bytes.readUIntBE(at, 3);
      const type = bytes[at + 3] as number;
      if (type !== TYPE.DATA && bytes.length - at < HEAD + length) break;
      this.#id = bytes.readUInt32BE(at + 5);
      const flags = bytes[at + 4] as number;
      this.#ends = (flags & END_STREAM) !== 0;
      at += HEAD;
      if (type === TYPE.DATA) {
        this.#skip = length;
        if (length === 0 && this.#ends) this.#end(200);
        continue;
      }
      this.#frame(type, flags, bytes, at, length);
      at += length;
    }
    this.#rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : Buffer.alloc(0);
    this.flush();
  }

  #frame(type: number, flags: number, bytes: Buffer, at: number, length: number): void {
    if (type === TYPE.HEADERS) {
      // Updates of the table size may stand before `:status 200` of the static table; anything else is no good answer here.
      let first = at;
      while (((bytes[first] as number) & 0xe0) === 0x20) first += 1;
      if (bytes[first] !== 0x88 && this.#streams.has(this.#id)) this.#end(500);
      else if (this.#ends) this.#end(200);
    } else if (type === TYPE.RST_STREAM) this.#end(0);
    else if (type === TYPE.SETTINGS && (flags & 1) === 0) this.#out.push(settingsAck());
    else if (type === TYPE.PING && (flags & 1) === 0) {
      this.#out.push(frame(TYPE.PING, 1, 0, Buffer.from(bytes.subarray(at, at + length))));
    } else if (type === TYPE.GOAWAY) this.goaway = bytes.readUInt32BE(at + 4);
  }

  #took(bytes: number): void {
    this.#streams.get(this.#id)?.onData?.(bytes);
    this.#taken += bytes;
    if (this.#taken < CREDIT) return;
    this.#out.push(windowUpdate(0, this.#taken));
    this.#taken = 0;
  }

  #end(status: number): void {
    const events = this.#streams.get(this.#id);
    this.#streams.delete(this.#id);
    events?.onEnd(status);
  }
}
