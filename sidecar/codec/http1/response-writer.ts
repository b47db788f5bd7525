import type { HeaderList } from '../../core/headers.ts';
import type { Wire } from '../../core/wire.ts';
import { chunkLine, LAST_CHUNK, LAST_CHUNK_LINE } from './chunked.ts';
import {
  BY_CLOSE,
  COUNTED,
  framingOf,
  IN_CHUNKS,
  informHead,
  NO_BODY,
  responseHead,
  switchHead,
} from './response-head.ts';

const AWAITED = 0;
const OPEN = 1;
const DONE = 2;

/** Writes the responses of one connection, one after the other, each framed so that the client knows its end. */
export class ResponseWriter {
  readonly #wire: Wire;
  #state = DONE;
  #framing = NO_BODY;
  #left = 0;
  #toHead = false;
  #version = 11;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** No final head was written yet. */
  get awaited(): boolean {
    return this.#state === AWAITED;
  }

  get done(): boolean {
    return this.#state === DONE;
  }

  /** Only the end of the connection tells the end of this response, so breaking it off takes a reset. */
  get byClose(): boolean {
    return this.#state === OPEN && this.#framing === BY_CLOSE;
  }

  /** Expects the response to a request. */
  begin(toHead: boolean, version: number): void {
    this.#state = AWAITED;
    this.#toHead = toHead;
    this.#version = version;
  }

  /**
   * HTTP/1.0 knows no 1xx (RFC 9110 15.2), 101 is not for this way, and a client that does not read gets none: they may
   * be left out, and would pile up.
   */
  inform(status: number, headers: HeaderList): void {
    if (this.#state !== AWAITED || this.#version === 10 || status === 101 || this.#wire.backedUp) return;
    this.#wire.text(informHead(status, headers));
  }

  /** Writes the head after which the connection belongs to this exchange: raw bytes until each side ends. */
  switchTo(protocol: string, status: number, headers: HeaderList): void {
    this.#state = OPEN;
    this.#framing = BY_CLOSE;
    this.#wire.text(switchHead(protocol, status, headers));
  }

  /** Writes the final head; returns whether the connection can stay, given that it may. */
  respond(status: number, headers: HeaderList, length: number, keepAlive: boolean): boolean {
    const framing = framingOf(this.#toHead, status, length, this.#version);
    const stays = keepAlive && framing !== BY_CLOSE;
    this.#state = OPEN;
    this.#framing = framing;
    this.#left = length;
    this.#wire.text(responseHead(status, headers, framing, length, this.#version, stays));
    return stays;
  }

  /** Writes body bytes. False when they are more than was announced: the response is broken, nothing was written. */
  write(chunk: Uint8Array): boolean {
    if (this.#state !== OPEN || chunk.length === 0) return true;
    const wire = this.#wire;
    if (this.#framing === IN_CHUNKS) {
      wire.text(chunkLine(chunk.length));
      wire.bytes(chunk);
      wire.text('\r\n');
    } else if (this.#framing !== NO_BODY) {
      if (this.#framing === COUNTED) {
        if (chunk.length > this.#left) return false;
        this.#left -= chunk.length;
      }
      wire.bytes(chunk);
    }
    return true;
  }

  /** Ends the response. False when bytes are missing: it is broken. */
  end(trailers: HeaderList | null): boolean {
    if (this.#framing === COUNTED && this.#left > 0) return false;
    if (this.#framing === IN_CHUNKS) {
      if (trailers) this.#wire.text(`${LAST_CHUNK_LINE}${trailers.toHttp1()}\r\n`);
      else this.#wire.text(LAST_CHUNK);
    }
    this.#state = DONE;
    return true;
  }
}
