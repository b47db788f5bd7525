import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';

/** How a process ended: its exit code as a shell would report it, and a sentence for people. */
export interface Ending {
  readonly code: number;
  readonly words: string;
}

/**
 * A process that we start and answer for. It gets a session of its own, so that Ctrl-C in a terminal reaches us alone and we
 * decide who stops first.
 */
export class Child {
  readonly ended: Promise<Ending>;
  readonly #process: ChildProcess;

  constructor(command: string, args: readonly string[], env: Record<string, string | undefined>, stdio: StdioOptions) {
    const child = spawn(command, args, { env, stdio, detached: true });
    this.#process = child;
    this.ended = new Promise((resolve) => {
      // As shells do: 127 for a command that is not there, 126 for one that cannot be run.
      child.on('error', (error: NodeJS.ErrnoException) => {
        if (child.pid !== undefined) return;
        const missing = error.code === 'ENOENT';
        resolve({ code: missing ? 127 : 126, words: missing ? `${command}: not found` : error.message });
      });
      child.on('exit', (code, signal) => {
        if (signal === null) resolve({ code: code ?? 1, words: `exit code ${code}` });
        else resolve({ code: 128 + constants.signals[signal], words: signal });
      });
    });
  }

  /** Sends a signal; to a process that has ended it does nothing. */
  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }
}
