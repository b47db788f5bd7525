import type { Stream } from './stream.ts';

const MIN_CELLS = 8;

/**
 * The open streams of a connection by id. Ids of one side are two apart and mostly close together, so the low bits choose
 * a cell and streams that share one are linked.
 */
export class StreamTable {
  #cells: (Stream | null)[] = new Array<Stream | null>(MIN_CELLS).fill(null);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Stream | null {
    let stream = this.#cells[(id >>> 1) & (this.#cells.length - 1)] as Stream | null;
    while (stream !== null && stream.id !== id) stream = stream.nextInTable;
    return stream;
  }

  add(stream: Stream): void {
    if (this.#size >= this.#cells.length * 2) this.#grow();
    this.#size += 1;
    this.#link(stream);
  }

  remove(stream: Stream): void {
    const cell = (stream.id >>> 1) & (this.#cells.length - 1);
    let each = this.#cells[cell] as Stream | null;
    if (each === stream) this.#cells[cell] = stream.nextInTable;
    else {
      while (each !== null && each.nextInTable !== stream) each = each.nextInTable;
      if (each === null) return;
      each.nextInTable = stream.nextInTable;
    }
    stream.nextInTable = null;
    this.#size -= 1;
  }

  /** All of them at this moment, in no order; they may be removed meanwhile. */
  all(): Stream[] {
    const all: Stream[] = [];
    for (const cell of this.#cells) for (let each = cell; each !== null; each = each.nextInTable) all.push(each);
    return all;
  }

  #link(stream: Stream): void {
    const cell = (stream.id >>> 1) & (this.#cells.length - 1);
    stream.nextInTable = this.#cells[cell] as Stream | null;
    this.#cells[cell] = stream;
  }

  #grow(): void {
    const all = this.all();
    this.#cells = new Array<Stream | null>(this.#cells.length * 4).fill(null);
    for (const stream of all) this.#link(stream);
  }
}
