import sonicBoom from 'sonic-boom';
import type { Clock } from '../time/clock.ts';

/** Bytes gathered before they are written unasked: a write costs a thread and a system call, whatever its size. */
const GATHERED_BYTES = 64 * 1024;
const FLUSH_EVERY_MS = 250;
/** What may wait for a slow disk; lines beyond it are lost. */
const MAX_QUEUED = 16 * 1024 * 1024;
/** Its types know text only. */
type Boom = Omit<sonicBoom.SonicBoom, 'write'> & { write(bytes: Uint8Array): boolean };
/** UTF-8 makes at most so many bytes of one UTF-16 unit. */
const BYTES_PER_UNIT = 3;

/**
 * Lines to a file, gathered in memory and written off the thread: one system call for many lines. A file that cannot be
 * written costs its lines and is reported once, never the process.
 */
export class LogFile {
  readonly path: string;
  readonly #boom: Boom;
  readonly #stop: () => void;
  readonly #standard: boolean;
  #broken = false;
  /** Lines gathered: `#lines[0, #at)`. Null as long as nothing was ever written. */
  #lines: Buffer | null = null;
  #at = 0;
  /** One that was written: the next to gather in. */
  #spare: Buffer | null = null;
  /** The one that was handed over last. */
  #given: Buffer | null = null;

  /** Opens `path` for appending, in a directory that is there; /dev/stdout and /dev/stderr are the process' own. */
  constructor(path: string, clock: Clock, onError: (path: string, error: Error) => void) {
    this.path = path;
    const descriptor = path === '/dev/stdout' ? 1 : path === '/dev/stderr' ? 2 : 0;
    this.#standard = descriptor > 0;
    this.#boom = new sonicBoom.SonicBoom({
      ...(this.#standard ? { fd: descriptor } : { dest: path }),
      append: true,
      contentMode: 'buffer',
      minLength: 0,
      maxLength: MAX_QUEUED,
      sync: false,
    }) as unknown as Boom;
    this.#boom.on('error', (error: Error) => {
      if (this.#broken) return;
      this.#broken = true;
      onError(path, error);
    });
    // All that was handed over is written: the last of it can be gathered in again.
    this.#boom.on('drain', () => {
      this.#spare ??= this.#given;
      this.#given = null;
    });
    this.#stop = clock.every(FLUSH_EVERY_MS, () => this.#handOver());
  }

  /** Queues text, which ends its own lines. */
  write(text: string): void {
    if (this.#broken) return;
    const most = text.length * BYTES_PER_UNIT;
    if (this.#at + most > GATHERED_BYTES) {
      this.#handOver();
      if (most > GATHERED_BYTES) {
        this.#boom.write(Buffer.from(text));
        return;
      }
    }
    if (this.#lines === null) this.#lines = this.#empty();
    this.#at += this.#lines.write(text, this.#at);
  }

  /** Opens the path anew: after a log rotation, or once what was in the way is gone. */
  reopen(): void {
    if (this.#standard) return;
    this.#handOver();
    this.#broken = false;
    this.#boom.reopen();
  }

  /** Resolves once all that was queued is with the operating system, or never will be; the file stays open. */
  drain(): Promise<void> {
    if (this.#broken) return Promise.resolve();
    this.#handOver();
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

  #empty(): Buffer {
    const spare = this.#spare;
    this.#spare = null;
    return spare ?? Buffer.allocUnsafeSlow(GATHERED_BYTES);
  }

  /** What was gathered is SonicBoom's until its 'drain'. */
  #handOver(): void {
    const lines = this.#lines;
    if (lines === null || this.#at === 0) return;
    const at = this.#at;
    this.#lines = null;
    this.#at = 0;
    if (this.#broken) return;
    this.#given = lines;
    this.#boom.write(lines.subarray(0, at));
  }
}
