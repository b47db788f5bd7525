import type { StreamSocket } from './stream-socket.ts';

/**
 * What a turn sends on by one socket when bytes go out as they lie in a read's buffer: the socket gathers them, with the text between
 * them, and hands all to the system in one call. So chunks of a chunked body need no call for each.
 */
export class Gathering {
  readonly #socket: StreamSocket;
  #full = false;

  constructor(socket: StreamSocket) {
    this.#socket = socket;
    socket.cork();
  }

  /** `text` goes before the chunk, which must not change until `end`. */
  add(text: string, chunk: Uint8Array): void {
    this.#text(text);
    if (!this.#socket.write(chunk)) this.#full = true;
  }

  /** Hands all over, `text` last. `kept`: the system did not take all of it; `full`: the socket asks to wait for its 'drain'. */
  end(text: string): { readonly kept: boolean; readonly full: boolean } {
    this.#text(text);
    this.#socket.uncork();
    const kept = this.#socket.writableLength > 0;
    return { kept, full: kept && this.#full };
  }

  #text(text: string): void {
    if (text !== '' && !this.#socket.write(text, 'latin1')) this.#full = true;
  }
}
