/** Destinations remembered; when there are more, learning begins anew. */
const MAX_LEARNED = 1024;

/**
 * Destinations at which the server speaks first (mail, MySQL): the next connection there waits for its client for a moment
 * only. Learned only where a server did so, never from a client's silence, since that may be a connection kept ready;
 * unlearned when a client speaks first after all.
 */
export class ServerFirst {
  readonly #destinations = new Set<string>();

  has(destination: string): boolean {
    return this.#destinations.size > 0 && this.#destinations.has(destination);
  }

  /** The first byte at a destination was the server's, or the client's. */
  saw(destination: string, fromServer: boolean): void {
    if (!fromServer) {
      if (this.#destinations.size > 0) this.#destinations.delete(destination);
      return;
    }
    if (this.#destinations.size >= MAX_LEARNED) this.#destinations.clear();
    this.#destinations.add(destination);
  }
}
