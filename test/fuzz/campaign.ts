import { type Random, seededRandom } from '../../shared/struct/random.ts';
import type { Coverage } from './coverage.ts';
import { mutate, shrink } from './mutate.ts';
import { hashOf, type Target } from './target.ts';

/** Inputs run between two looks at the coverage: a look costs as much as several inputs. */
const BATCH = 16;

/** An input that broke an oracle, as short as could be. */
export interface Finding {
  readonly input: string;
  readonly error: Error;
}

/** The search for inputs of one target that go new ways, or break an oracle. */
export class Campaign {
  readonly target: Target;
  /** Inputs worth changing, in the order in which they were found. */
  readonly pool: string[] = [];
  /** Those of them that neither the seeds nor the kept corpus had. */
  readonly found: string[] = [];
  findings: Finding[] = [];
  runs = 0;
  readonly #coverage: Coverage;
  readonly #random: Random;
  readonly #words = new Set<string>();

  constructor(target: Target, coverage: Coverage, random: Random) {
    this.target = target;
    this.#coverage = coverage;
    this.#random = random;
  }

  /** Runs the seeds and the kept inputs, all of which stay in the pool. */
  async begin(kept: readonly string[]): Promise<void> {
    for (const input of [...this.target.seeds, ...kept]) {
      this.#try(input);
      this.pool.push(input);
    }
    this.#coverage.take(true);
    for (const input of kept) await this.#examine(input);
  }

  /** Runs one batch of changed inputs, and keeps those that are new. */
  async step(): Promise<void> {
    const batch = Array.from({ length: BATCH }, () => this.#next());
    const fresh = new Set(batch.filter((input) => this.#try(input)));
    if (this.#coverage.take(false) > 0) {
      for (const input of batch) {
        this.#try(input);
        if (this.#coverage.take(true) > 0) fresh.add(input);
      }
    }
    for (const input of fresh) await this.#keep(input);
  }

  /**
   * Of what was found and was kept before, few that together go all the ways that the seeds do not: the shortest first, each
   * with new coverage or a new word.
   */
  distil(kept: readonly string[], coverage: Coverage): string[] {
    const words = new Set<string>();
    const wordsOf = (input: string): string[] => attempt(this.target, input).words.split(/[,|]/);
    for (const seed of this.target.seeds) for (const word of wordsOf(seed)) words.add(word);
    coverage.take(true);
    return [...new Set([...kept, ...this.found])]
      .sort((a, b) => a.length - b.length)
      .filter((input) => {
        const fresh = wordsOf(input).filter((word) => !words.has(word));
        for (const word of fresh) words.add(word);
        return coverage.take(true) > 0 || fresh.length > 0;
      });
  }

  #next(): string {
    const { pool } = this;
    // What was found last has been changed least.
    const at = this.#random() < 0.5 ? 1 - this.#random() ** 3 : this.#random();
    const input = pool[Math.min(pool.length - 1, Math.floor(at * pool.length))] ?? '';
    const other = pool[Math.floor(this.#random() * pool.length)] ?? '';
    return mutate(input, other, this.target.words, this.#random);
  }

  /** Runs an input; true when what came of it is new. */
  #try(input: string): boolean {
    this.runs += 1;
    const { words, error } = attempt(this.target, input);
    if (error) {
      this.#report(input, error);
      return false;
    }
    if (this.#words.has(words)) return false;
    this.#words.add(words);
    return true;
  }

  async #keep(input: string): Promise<void> {
    this.pool.push(input);
    this.found.push(input);
    await this.#examine(input);
  }

  async #examine(input: string): Promise<void> {
    try {
      await this.target.examine(input);
    } catch (error) {
      this.findings.push({ input, error: error as Error });
    }
  }

  #report(input: string, error: Error): void {
    const short = shrink(input, (text) => attempt(this.target, text).error !== null);
    this.findings.push({ input: short, error: attempt(this.target, short).error ?? error });
  }
}

/** One run; the randomness of an input is always the same. */
export function attempt(target: Target, input: string): { words: string; error: Error | null } {
  try {
    return { words: target.run(input, seededRandom(hashOf(input))), error: null };
  } catch (error) {
    return { words: '', error: error as Error };
  }
}
