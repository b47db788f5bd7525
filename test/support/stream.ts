import { createHash, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';

const PIECE = 1 << 20;

/** Bytes that differ at every place of every stream: piece `index` of stream `id`. Ask for the next when this is copied. */
export class Pieces {
  readonly #base = Buffer.allocUnsafe(PIECE);
  readonly #id: number;

  constructor(id: number) {
    this.#id = id;
    let state = (id + 1) * 2_654_435_761;
    for (let at = 0; at < PIECE; at += 4) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      this.#base.writeUInt32LE(state, at);
    }
  }

  /** A copy, with its number at the begin of each 4 KiB. */
  piece(index: number): Buffer {
    const copy = Buffer.from(this.#base);
    for (let at = 0; at < PIECE; at += 4096) copy.writeUInt32BE(index * 1000 + this.#id, at);
    return copy;
  }

  /** sha-256 of the first `count` pieces. */
  hash(count: number): string {
    const hash = createHash('sha256');
    for (let index = 0; index < count; index += 1) hash.update(this.piece(index));
    return hash.digest('hex');
  }
}

export interface Reading {
  readonly bytes: number;
  readonly hash: string;
}

/** Reads a stream to its end, resting `rest` ms after each MiB. */
export function readAll(stream: Readable, rest: number): Promise<Reading> {
  const hash: Hash = createHash('sha256');
  let bytes = 0;
  let until = PIECE;
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      bytes += chunk.length;
      if (rest === 0 || bytes < until) return;
      until = bytes + PIECE;
      stream.pause();
      setTimeout(() => stream.resume(), rest);
    });
    stream.on('end', () => resolve({ bytes, hash: hash.digest('hex') }));
    stream.on('error', reject);
  });
}
