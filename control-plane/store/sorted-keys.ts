/** A set of keys that can be read in order below a prefix. Sorted when read after keys came or went, not at each change. */
export class SortedKeys {
  readonly #keys = new Set<string>();
  #sorted: string[] | undefined;

  add(key: string): void {
    this.#keys.add(key);
    this.#sorted = undefined;
  }

  delete(key: string): void {
    if (this.#keys.delete(key)) this.#sorted = undefined;
  }

  below(prefix: string): string[] {
    const sorted = (this.#sorted ??= [...this.#keys].sort());
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? '') < prefix) low = middle + 1;
      else high = middle;
    }
    let end = low;
    while (end < sorted.length && sorted[end]?.startsWith(prefix)) end += 1;
    return sorted.slice(low, end);
  }
}
