import type { Bench } from '../bench.ts';
import type { Result } from '../result.ts';

/** One line of the table of what is promised, or a few that need the same processes. */
export interface Row {
  /** As `--rows` takes it. */
  readonly name: string;
  readonly words: string;
  measure(bench: Bench): Promise<Result[]>;
}
