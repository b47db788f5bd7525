import { statSync } from 'node:fs';
import type { Cancel, Clock } from '../../shared/time/clock.ts';

/** How often it is looked, ms. Looking is cheaper to get right than to be told: links and mounts change below us. */
const EVERY = 5_000;

/** Notices that files have changed, by what the system says of them. */
export class FileWatch {
  readonly #clock: Clock;
  readonly #changed: (files: ReadonlySet<string>) => void;
  /** What was last seen of each; null = not looked at yet. */
  readonly #seen = new Map<string, string | null>();
  #cancel: Cancel | null = null;

  constructor(clock: Clock, changed: (files: ReadonlySet<string>) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Looks at exactly these from now on. One that is new counts as changed once: it may have been read before. */
  watch(files: ReadonlySet<string>): void {
    for (const file of this.#seen.keys()) if (!files.has(file)) this.#seen.delete(file);
    for (const file of files) if (!this.#seen.has(file)) this.#seen.set(file, null);
    if (this.#seen.size === 0) this.stop();
    else this.#cancel ??= this.#clock.every(EVERY, () => this.#look());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #look(): void {
    const changed = new Set<string>();
    for (const [file, before] of this.#seen) {
      const now = stateOf(file);
      if (now === before) continue;
      this.#seen.set(file, now);
      changed.add(file);
    }
    if (changed.size > 0) this.#changed(changed);
  }
}

/** Another one whenever the content may be another; '' = it is not there. */
function stateOf(file: string): string {
  try {
    const { ctimeNs, dev, ino, mtimeNs, size } = statSync(file, { bigint: true });
    return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return '';
  }
}
