import type { Http1Connection } from './http1-connection.ts';

/** The idle connections of one cluster in one worker, in the order in which they became idle. Linked in place: no allocation. */
export class IdleConnections {
  #oldest: Http1Connection | null = null;
  #newest: Http1Connection | null = null;

  /** The one that is idle for longest. */
  get oldest(): Http1Connection | null {
    return this.#oldest;
  }

  add(connection: Http1Connection): void {
    const newest = this.#newest;
    connection.older = newest;
    if (newest === null) this.#oldest = connection;
    else newest.newer = connection;
    this.#newest = connection;
  }

  remove(connection: Http1Connection): void {
    const { older, newer } = connection;
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
    if (newer === null) this.#newest = older;
    else newer.older = older;
    connection.older = null;
    connection.newer = null;
  }
}
