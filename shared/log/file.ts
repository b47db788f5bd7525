import sonicBoom from 'sonic-boom';
import type { Clock } from '../time/clock.ts';

/** Characters gathered before the file is written to unasked. */
const MIN_LENGTH = 4096;
const FLUSH_EVERY_MS = 250;
/** What may wait for a slow disk; lines beyond it are lost. */
const MAX_QUEUED = 16 * 1024 * 1024;

/**
 * Lines to a file, gathered in memory and written off the thread: one system call for many lines. A file that cannot be
 * written costs its lines and is reported once, never the process.
 */
export class LogFile {
  readonly path: string;
  readonly #boom: sonicBoom.SonicBoom;
  readonly #stop: () => void;
  readonly #standard: boolean;
  #broken = false;

  /** Opens `path` for appending, in a directory that is there; /dev/stdout and /dev/stderr are the process' own. */
  constructor(path: string, clock: Clock, onError: (path: string, error: Error) => void) {
    this.path = path;
    const descriptor = path === '/dev/stdout' ? 1 : path === '/dev/stderr' ? 2 : 0;
    this.#standard = descriptor > 0;
    this.#boom = new sonicBoom.SonicBoom({
      ...(this.#standard ? { fd: descriptor } : { dest: path }),
      append: true,
      minLength: MIN_LENGTH,
      maxLength: MAX_QUEUED,
      sync: false,
    });
    this.#boom.on('error', (error: Error) => {
      if (this.#broken) return;
      this.#broken = true;
      onError(path, error);
    });
    this.#stop = clock.every(FLUSH_EVERY_MS, () => this.#flush());
  }

  /** Queues text, which ends its own lines. */
  write(text: string): void {
    if (!this.#broken) this.#boom.write(text);
  }

  /** Opens the path anew: after a log rotation, or once what was in the way is gone. */
  reopen(): void {
    if (this.#standard) return;
    this.#broken = false;
    this.#boom.reopen();
  }

  /** Resolves once all that was queued is with the operating system, or never will be; the file stays open. */
  drain(): Promise<void> {
    if (this.#broken) return Promise.resolve();
    // A flush that finds a write under way is answered when that write ends, with later lines still queued: the second
    // flush finds none under way.
    return new Promise((resolve) => this.#boom.flush(() => this.#boom.flush(() => resolve())));
  }

  /** Drains and closes. */
  async close(): Promise<void> {
    this.#stop();
    await this.drain();
    // The standard streams belong to the process.
    if (!this.#standard && !this.#broken) this.#boom.end();
  }

  #flush(): void {
    if (!this.#broken) this.#boom.flush();
  }
}
