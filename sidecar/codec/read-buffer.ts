import type { Output } from '../core/wire.ts';
import type { OutputStock } from './output.ts';

/**
 * What the sockets of a thread know of the read under way: whether the bytes that it brought lie in memory that nobody
 * else reads into. Such bytes are written on as they lie (decision D8, rule W); those in the shared buffer are copied.
 */
export class Lending {
  /** The memory of the read under way; null = the shared buffer, or no read. */
  memory: ArrayBufferLike | null = null;
  /** The system did not take all of it at once, so it belongs to a socket now: the reader needs another. */
  kept = false;

  begin(memory: ArrayBufferLike | null): void {
    this.memory = memory;
    this.kept = false;
  }

  end(): void {
    this.memory = null;
  }
}

/**
 * Which buffer a connection reads into: the thread's shared one, or one of its own from a read that filled the shared one
 * on, as long as each read fills it. So large bodies move without a copy, and an idle connection holds nothing.
 */
export class ReadBuffer {
  readonly #shared: Buffer;
  readonly #outputs: OutputStock;
  #own: Output | null = null;
  #next: Buffer | null;

  constructor(shared: Buffer, outputs: OutputStock) {
    this.#shared = shared;
    this.#outputs = outputs;
    this.#next = shared;
  }

  /** The buffer of the next read, null = the same as before. Node asks after each read. */
  next(): Buffer | null {
    const next = this.#next;
    this.#next = null;
    return next;
  }

  /** Chooses for the next read, after one of `length` bytes. `kept`: what it was made into belongs to a socket now. */
  chooseAfter(length: number, kept: boolean): void {
    const own = this.#own;
    const filled = length === this.#shared.length;
    if (own === null) {
      if (!filled) return;
    } else {
      if (filled && !kept) return;
      this.#giveBack(own, kept);
    }
    this.#own = filled ? this.#outputs.take() : null;
    this.#next = this.#own === null ? this.#shared : this.#own.bytes;
  }

  /** Nothing is read any more. */
  drop(): void {
    if (this.#own !== null) this.#giveBack(this.#own, false);
    this.#own = null;
  }

  #giveBack(own: Output, kept: boolean): void {
    if (kept) this.#outputs.lose(own);
    else this.#outputs.give(own);
  }
}
