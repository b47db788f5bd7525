import sonicBoom from 'sonic-boom';
import type { Cancel, Clock } from '../time/clock.ts';

/** Bytes gathered before they are written unasked: a write costs a thread and a system call, whatever its size. */
const GATHERED_BYTES = 64 * 1024;
const FLUSH_EVERY_MS = 250;
/** What may wait for a slow disk; lines beyond it are lost. */
const MAX_QUEUED = 16 * 1024 * 1024;
/** After a failure the file is tried again: the disk may have room by then, or the directory be there. */
const RETRY_AFTER_MS = 10_000;
/** Its types know text only. */
type Boom = Omit<sonicBoom.SonicBoom, 'write'> & { write(bytes: Uint8Array): boolean };
/** UTF-8 makes at most so many bytes of one UTF-16 unit. */
const BYTES_PER_UNIT = 3;

/**
 * Lines to a file, gathered in memory and written off the thread: one system call for many lines. A file that cannot be
 * written costs its lines and is reported, never the process.
 */
export class LogFile {
  readonly path: string;
  readonly #clock: Clock;
  readonly #onError: (path: string, error: Error) => void;
  readonly #descriptor: number;
  /** The open file; null = closed, and opened by the next line. */
  #boom: Boom | null = null;
  #stop: Cancel = () => {};
  #wanted = true;
  #broken = false;
  #retryAt = 0;
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
    this.#clock = clock;
    this.#onError = onError;
    this.#descriptor = path === '/dev/stdout' ? 1 : path === '/dev/stderr' ? 2 : 0;
    this.#start();
  }

  /** Queues text, which ends its own lines. */
  write(text: string): void {
    if (this.#broken) return;
    if (this.#boom === null) this.#start();
    const most = text.length * BYTES_PER_UNIT;
    if (this.#at + most > GATHERED_BYTES) {
      this.#handOver();
      if (most > GATHERED_BYTES) {
        this.#boom?.write(Buffer.from(text));
        return;
      }
    }
    if (this.#lines === null) this.#lines = this.#empty();
    this.#at += this.#lines.write(text, this.#at);
  }

  /**
   * Opens the path anew: after a log rotation, or once what was in the way is gone. Until it is open lines go on to the
   * file that was: none is lost.
   */
  reopen(): void {
    if (this.#descriptor > 0 || this.#boom === null) return;
    const next = this.#open();
    next.once('ready', () => this.#goOnTo(next));
  }

  /** Somebody writes to it: it stays open. */
  keep(): void {
    this.#wanted = true;
    if (this.#boom === null) this.#start();
  }

  /** Nobody new will write to it: it is closed when nothing more is written, and opened again for what late streams write. */
  release(): void {
    this.#wanted = false;
  }

  /** Resolves once all that was queued is with the operating system, or never will be; the file stays open. */
  drain(): Promise<void> {
    this.#handOver();
    const boom = this.#boom;
    if (this.#broken || boom === null) return Promise.resolve();
    // A flush that finds a write under way is answered when that write ends, with later lines still queued: the second
    // flush finds none under way.
    return new Promise((resolve) => boom.flush(() => boom.flush(() => resolve())));
  }

  #start(): void {
    this.#boom = this.#open();
    this.#stop = this.#clock.every(FLUSH_EVERY_MS, () => this.#tick());
  }

  #open(): Boom {
    const boom = new sonicBoom.SonicBoom({
      ...(this.#descriptor > 0 ? { fd: this.#descriptor } : { dest: this.path }),
      append: true,
      contentMode: 'buffer',
      minLength: 0,
      maxLength: MAX_QUEUED,
      sync: false,
    }) as unknown as Boom;
    boom.on('error', (error: Error) => this.#failed(boom, error));
    boom.on('drain', () => this.#written(boom));
    return boom;
  }

  #goOnTo(next: Boom): void {
    const old = this.#boom;
    // Closed meanwhile: who writes opens it with all that belongs to it.
    if (old === null) return next.end();
    if (this.#broken) {
      this.#at = 0;
      old.destroy();
    } else {
      this.#handOver();
      old.end();
    }
    this.#boom = next;
    this.#given = null;
    this.#broken = false;
  }

  /** All that was handed over is written: the last of it can be gathered in again. */
  #written(boom: Boom): void {
    if (boom !== this.#boom) return;
    this.#spare ??= this.#given;
    this.#given = null;
  }

  #failed(boom: Boom, error: Error): void {
    const again = this.#broken;
    if (boom === this.#boom) {
      this.#broken = true;
      this.#retryAt = this.#clock.now() + RETRY_AFTER_MS;
    }
    if (!again) this.#onError(this.path, error);
  }

  #tick(): void {
    if (this.#broken) {
      if (this.#clock.now() < this.#retryAt) return;
      this.#retryAt = this.#clock.now() + RETRY_AFTER_MS;
      this.reopen();
    } else if (this.#at > 0) this.#handOver();
    else if (!this.#wanted) this.#close();
  }

  #close(): void {
    this.#stop();
    // The standard streams belong to the process.
    if (this.#descriptor === 0) this.#boom?.end();
    this.#boom = null;
    this.#lines = null;
    this.#spare = null;
    this.#given = null;
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
    this.#boom?.write(lines.subarray(0, at));
  }
}
