import type { HeaderList } from '../core/headers.ts';

/**
 * The request body as it streams through: copies kept for further attempts up to a limit (decision D10). Over the limit
 * the copies are dropped, and only attempts that never wrote a byte may be repeated.
 */
export class RequestBody {
  /** Bytes that may be kept; the route sets it. */
  limit = 0;
  copies: Buffer[] = [];
  size = 0;
  /** The copies are gone: the body cannot be sent again. */
  abandoned = false;
  ended = false;
  trailers: HeaderList | null = null;

  /** Keeps a copy of a borrowed chunk that could not be sent yet; false = stop the source. */
  hold(chunk: Uint8Array): boolean {
    this.copies.push(Buffer.from(chunk));
    this.size += chunk.length;
    return this.size < this.limit;
  }

  /** Keeps a copy of a chunk that is being sent; true when that passed the limit and all copies were dropped. */
  keep(chunk: Uint8Array): boolean {
    if (this.abandoned) return false;
    if (this.size + chunk.length <= this.limit) {
      this.hold(chunk);
      return false;
    }
    this.abandon();
    return true;
  }

  /** Drops the copies: no further attempt will want them. */
  abandon(): void {
    this.abandoned = true;
    this.copies = [];
    this.size = 0;
  }
}
