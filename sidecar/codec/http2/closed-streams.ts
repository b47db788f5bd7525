/** How a stream ended. */
export const UNKNOWN = 0;
export const ENDED = 1;
export const RESET_BY_PEER = 2;
export const RESET_BY_US = 3;
export type Ending = typeof UNKNOWN | typeof ENDED | typeof RESET_BY_PEER | typeof RESET_BY_US;

const KEPT = 64;

/** The last streams of a connection that ended: frames for them may still be on the way (RFC 9113 5.1). */
export class ClosedStreams {
  readonly #ids: number[] = [];
  readonly #endings: Ending[] = [];
  #next = 0;

  add(id: number, ending: Ending): void {
    this.#ids[this.#next] = id;
    this.#endings[this.#next] = ending;
    this.#next = (this.#next + 1) % KEPT;
  }

  /** UNKNOWN: it ended long ago, or never began. */
  ending(id: number): Ending {
    const at = this.#ids.lastIndexOf(id);
    return at < 0 ? UNKNOWN : (this.#endings[at] as Ending);
  }
}
