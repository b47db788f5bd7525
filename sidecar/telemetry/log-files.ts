import { LogFile } from '../../shared/log/file.ts';
import type { Clock } from '../../shared/time/clock.ts';

/** The log files of one worker: one open file per path, however many listeners write to it and however often they change. */
export class LogFiles {
  readonly #clock: Clock;
  readonly #onError: (path: string, error: Error) => void;
  readonly #files = new Map<string, LogFile>();

  constructor(clock: Clock, onError: (path: string, error: Error) => void) {
    this.#clock = clock;
    this.#onError = onError;
  }

  open(path: string): LogFile {
    let file = this.#files.get(path);
    if (!file) {
      file = new LogFile(path, this.#clock, this.#onError);
      this.#files.set(path, file);
    }
    file.keep();
    return file;
  }

  /** After a log rotation. */
  reopen(): void {
    for (const file of this.#files.values()) file.reopen();
  }

  /** Closes files that no listener names any more, once the streams that began before are over. */
  keep(paths: ReadonlySet<string>): void {
    for (const [path, file] of this.#files) if (!paths.has(path)) file.release();
  }

  /** Resolves once everything queued is written: at the end of the drain, before the worker exits. */
  async drain(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.drain()));
  }
}
