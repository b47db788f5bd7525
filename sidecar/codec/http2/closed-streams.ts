/** How a stream ended. */
export const UNKNOWN = 0;
export const ENDED = 1;
export const RESET_BY_PEER = 2;
export const RESET_BY_US = 3;
export type Ending = typeof UNKNOWN | typeof ENDED | typeof RESET_BY_PEER | typeof RESET_BY_US;

const KEPT = 64;

/** The last streams of a connection that ended: frames for them may still be on the way (RFC 9113 5.1). */
export class ClosedStreams {
  /** Each as its id times four, plus how it ended. */
  readonly #last: number[] = [];
  #next = 0;

  add(id: number, ending: Ending): void {
    this.#last[this.#next] = id * 4 + ending;
    this.#next = (this.#next + 1) % KEPT;
  }

  /** UNKNOWN: it ended long ago, or never began. The last ending counts. */
  ending(id: number): Ending {
    for (let back = 1; back <= this.#last.length; back += 1) {
      const each = this.#last[(this.#next - back + KEPT) % KEPT];
      if (each !== undefined && Math.floor(each / 4) === id) return (each % 4) as Ending;
    }
    return UNKNOWN;
  }
}
