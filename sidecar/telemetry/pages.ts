/**
 * Memory of statistics (decision D14): fixed pages of Float64 cells, each written by one thread and read by main without
 * a message. A counter or gauge is one cell, a histogram a run of HISTOGRAM_CELLS cells inside one page.
 */
const CELLS_PER_PAGE = 1024;

const PAGE_BYTES = 8 * CELLS_PER_PAGE;

/** Hands out runs of cells from pages of its own; a full page is followed by a new one, none is ever given back. */
export class PageAllocator {
  readonly #onPage: (page: SharedArrayBuffer) => number;
  #cells: Float64Array = new Float64Array(0);
  #page = -1;
  #next = CELLS_PER_PAGE;

  /** `onPage` takes each new page and returns its number in the thread's list of pages. */
  constructor(onPage: (page: SharedArrayBuffer) => number) {
    this.#onPage = onPage;
  }

  /** A run of `length` cells, all 0. */
  take(length: number): Run {
    if (this.#next + length > CELLS_PER_PAGE) {
      const memory = new SharedArrayBuffer(PAGE_BYTES);
      this.#cells = new Float64Array(memory);
      this.#page = this.#onPage(memory);
      this.#next = 0;
    }
    const run = { cells: this.#cells, page: this.#page, index: this.#next };
    this.#next += length;
    return run;
  }
}

/** Where a series lives: cells of page number `page`, from `index`. */
export interface Run {
  readonly cells: Float64Array;
  readonly page: number;
  readonly index: number;
}
