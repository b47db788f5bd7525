import { Gathered } from './gathered.ts';

/** Longer ones are taken for no TLS: the limit of Envoy's tls_inspector. */
const MAX_HELLO = 64 * 1024;

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const ALPN = 16;

/**
 * Reads the server name and the ALPN protocols out of the first bytes of a connection, RFC 8446 4.1.2, RFC 6066 3, RFC
 * 7301 3.1. Bytes may come in any pieces; nothing but the lengths is believed, what is not understood (GREASE, new
 * extensions) is skipped. Decides nothing about the security of the connection: TLS goes on untouched.
 */
export class ClientHello {
  /** Lower case, '' = none. */
  serverName = '';
  protocols: string[] = [];
  /** The five bytes of the record header at hand, and how many of them are there. */
  readonly #header = Buffer.alloc(5);
  #headerBytes = 0;
  /** Bytes of the record at hand still to come. */
  #left = 0;
  /** The handshake message so far, with its head of four bytes. */
  readonly #message = new Gathered();

  /** Takes `bytes[from, to)`. 'no': it is no ClientHello; 'done': the public fields are set. */
  read(bytes: Buffer, from: number, to: number): 'more' | 'no' | 'done' {
    let at = from;
    while (at < to) {
      if (this.#left === 0) {
        this.#header[this.#headerBytes] = bytes[at] as number;
        this.#headerBytes += 1;
        at += 1;
        if (!this.#plausible()) return 'no';
        if (this.#headerBytes < 5) continue;
        this.#headerBytes = 0;
        this.#left = this.#header.readUInt16BE(3);
        // Empty handshake records are forbidden (RFC 8446 5.1), and would go on for ever.
        if (this.#left === 0 || this.#left > 16_640) return 'no';
        continue;
      }
      const end = Math.min(to, at + this.#left);
      this.#message.add(bytes, at, end);
      this.#left -= end - at;
      at = end;
      const whole = this.#whole();
      if (whole !== 'more') return whole;
    }
    return 'more';
  }

  /** The record header so far: handshake, version 3.x. */
  #plausible(): boolean {
    const header = this.#header;
    if (header[0] !== HANDSHAKE) return false;
    return this.#headerBytes < 2 || (header[1] === 3 && (this.#headerBytes < 3 || (header[2] as number) <= 4));
  }

  #whole(): 'more' | 'no' | 'done' {
    const message = this.#message.bytes;
    if (message[0] !== CLIENT_HELLO) return 'no';
    if (message.length < 4) return 'more';
    const length = 4 + message.readUIntBE(1, 3);
    if (length > MAX_HELLO) return 'no';
    if (message.length < length) return 'more';
    return this.#parse(new Fields(message, 4, length)) ? 'done' : 'no';
  }

  #parse(hello: Fields): boolean {
    // legacy_version and random, then session id, cipher suites and compression methods.
    hello.skip(34);
    hello.skip(hello.number(1));
    hello.skip(hello.number(2));
    hello.skip(hello.number(1));
    if (hello.broken) return false;
    // An old client may end here.
    if (hello.empty) return true;
    const extensions = hello.part(2);
    while (!extensions.empty && !extensions.broken) {
      const type = extensions.number(2);
      const data = extensions.part(2);
      if (type === SERVER_NAME) this.#serverName(data);
      else if (type === ALPN) this.#alpn(data);
    }
    return !hello.broken && !extensions.broken;
  }

  #serverName(data: Fields): void {
    const names = data.part(2);
    while (!names.empty && !names.broken) {
      const type = names.number(1);
      const name = names.part(2).text();
      // An address or a name with a trailing dot is forbidden, but what is it to us; a NUL would fool whoever logs it.
      if (type === 0 && this.serverName === '' && /^[\x21-\x7e]{1,255}$/.test(name)) {
        this.serverName = name.toLowerCase();
      }
    }
  }

  #alpn(data: Fields): void {
    const protocols = data.part(2);
    while (!protocols.empty && !protocols.broken && this.protocols.length < 32) {
      this.protocols.push(protocols.part(1).text());
    }
  }
}

/** A cursor over bytes that never leaves them: what would marks it as broken, and reads as nothing. */
class Fields {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  broken = false;

  constructor(bytes: Buffer, from: number, end: number) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = end;
  }

  get empty(): boolean {
    return this.#at >= this.#end;
  }

  skip(length: number): void {
    if (this.#end - this.#at < length) this.broken = true;
    this.#at = Math.min(this.#end, this.#at + length);
  }

  number(size: 1 | 2): number {
    const at = this.#at;
    this.skip(size);
    return this.broken ? 0 : this.#bytes.readUIntBE(at, size);
  }

  /** What follows behind a length of `size` bytes. */
  part(size: 1 | 2): Fields {
    const length = this.number(size);
    const at = this.#at;
    this.skip(length);
    return new Fields(this.#bytes, at, this.broken ? at : at + length);
  }

  text(): string {
    return this.#bytes.toString('latin1', this.#at, this.#end);
  }
}
