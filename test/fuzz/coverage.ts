import { type Profiler, Session } from 'node:inspector';

/**
 * What V8 has executed of some sources, by the character: precise coverage in blocks, taken from the inspector of this very
 * thread. Source: the Chrome DevTools Protocol, domain Profiler.
 */
export class Coverage {
  readonly #session = new Session();
  readonly #concerns: (url: string) => boolean;
  /** By script: 1 for each character that was ever executed. */
  readonly #executed = new Map<string, Uint8Array>();
  #characters = 0;

  /** `concerns` says which scripts count, by their URL. */
  constructor(concerns: (url: string) => boolean) {
    this.#concerns = concerns;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Characters of source that were executed so far. */
  get characters(): number {
    return this.#characters;
  }

  /** How many characters were executed since the last call for the first time. They count as executed when `add`. */
  take(add: boolean): number {
    let fresh = 0;
    for (const { url, scriptId, functions } of this.#scripts()) {
      if (!this.#concerns(url)) continue;
      for (const each of functions) fresh += this.#look(scriptId, each.ranges, add);
    }
    if (add) this.#characters += fresh;
    return fresh;
  }

  stop(): void {
    this.#session.disconnect();
  }

  /** Ranges nest, the outermost first; those with count 0 were not executed, whatever is around them. */
  #look(script: string, ranges: readonly Profiler.CoverageRange[], add: boolean): number {
    const [whole] = ranges;
    if (!whole || whole.count === 0) return 0;
    const { startOffset: start, endOffset: end } = whole;
    const executed = this.#ofSize(script, end);
    const now = new Uint8Array(end - start);
    for (const each of ranges) now.fill(each.count > 0 ? 1 : 0, each.startOffset - start, each.endOffset - start);
    let fresh = 0;
    for (let at = 0; at < now.length; at += 1) {
      if (now[at] === 0 || executed[start + at] === 1) continue;
      if (add) executed[start + at] = 1;
      fresh += 1;
    }
    return fresh;
  }

  #ofSize(script: string, size: number): Uint8Array {
    const known = this.#executed.get(script) ?? new Uint8Array(0);
    if (known.length >= size) return known;
    const larger = new Uint8Array(size);
    larger.set(known);
    this.#executed.set(script, larger);
    return larger;
  }

  #scripts(): readonly Profiler.ScriptCoverage[] {
    let result: readonly Profiler.ScriptCoverage[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error) throw error;
      result = taken.result;
    });
    return result;
  }
}
