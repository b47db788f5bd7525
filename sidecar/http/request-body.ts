/**
 * Copies of the request body, for attempts that do not have their connection yet and for further ones, up to a limit
 * (decision D10). Over the limit the copies are dropped, and only attempts that never wrote a byte may be repeated.
 */
export class RequestBody {
  /** Bytes that may be kept. */
  limit: number;
  copies: Buffer[] = [];
  size = 0;
  /** The copies are gone: the body cannot be sent again. */
  abandoned = false;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Keeps a copy of a borrowed chunk that cannot be sent yet; false = stop the source. */
  hold(chunk: Uint8Array): boolean {
    this.copies.push(Buffer.from(chunk));
    this.size += chunk.length;
    return this.size < this.limit;
  }

  /** Keeps a copy of a chunk that is being sent; false when that passed the limit and all copies were dropped. */
  keep(chunk: Uint8Array): boolean {
    if (this.size + chunk.length > this.limit) {
      this.abandon();
      return false;
    }
    this.copies.push(Buffer.from(chunk));
    this.size += chunk.length;
    return true;
  }

  /** Drops the copies: no further attempt will want them. */
  abandon(): void {
    this.abandoned = true;
    this.copies = [];
    this.size = 0;
  }
}
