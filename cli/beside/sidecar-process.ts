import process from 'node:process';
import { type Clock, sleep } from '../../shared/time/clock.ts';
import { childEnvironment, environment } from '../environment.ts';
import { Failure } from '../failure.ts';
import { listenerAddresses, readiness } from './admin.ts';
import { Child, type Ending } from './child.ts';

const pollMs = 25;
/** A sidecar that died is started again after this, doubled each time up to the most, until it has run for `steadyMs`. */
const firstPauseMs = 200;
const mostPauseMs = 5_000;
const steadyMs = 30_000;

export interface SidecarFlags {
  /** `HOST:PORT`; known in advance, since everything else is asked for there. */
  readonly admin: string;
  readonly outbound: string;
  readonly inbound: string;
  /** The rest of the command line of `aya sidecar`. */
  readonly others: readonly string[];
}

/** A sidecar beside a program: started once, and again at the same addresses whenever it dies before it is told to stop. */
export class SidecarProcess {
  readonly #clock: Clock;
  readonly #say: (message: string) => void;
  #flags: SidecarFlags;
  #child: Child;
  #stopping = false;

  constructor(flags: SidecarFlags, clock: Clock, say: (message: string) => void) {
    this.#flags = flags;
    this.#clock = clock;
    this.#say = say;
    this.#child = this.#start();
  }

  /** Waits until it serves; resolves to the address of its outbound listener. Afterwards it is kept alive. */
  async ready(withinMs: number): Promise<string | Failure> {
    const deadline = this.#clock.now() + withinMs;
    let ending: Ending | undefined;
    void this.#child.ended.then((each) => {
      ending = each;
    });
    for (;;) {
      const state = await readiness(this.#flags.admin);
      if (ending) return new Failure(`the sidecar ended before it was ready: ${ending.words}`);
      if (state === 'ready') break;
      if (this.#clock.now() > deadline) {
        return new Failure(`the sidecar is not ready after ${withinMs / 1_000} s: ${state}`, [
          'does the control plane run, and at the address of --control-plane?',
        ]);
      }
      // The end of the child wakes us too: our timers alone do not keep the process alive.
      await Promise.race([sleep(this.#clock, pollMs), this.#child.ended]);
    }
    const bound = await listenerAddresses(this.#flags.admin);
    const outbound = bound.get('outbound');
    if (outbound === undefined) return new Failure('the sidecar is ready but has no outbound listener');
    this.#flags = { ...this.#flags, outbound, inbound: bound.get('inbound') ?? this.#flags.inbound };
    void this.#keepAlive();
    return outbound;
  }

  /** Drains it: resolves when it has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child.signal('SIGTERM');
    await this.#child.ended;
  }

  /** After a log rotation. */
  reopenLogs(): void {
    this.#child.signal('SIGUSR1');
  }

  kill(): void {
    this.#child.signal('SIGKILL');
  }

  #start(): Child {
    const { admin, outbound, inbound, others } = this.#flags;
    const addresses = ['--admin', admin, '--outbound', outbound, '--inbound', inbound];
    // The launcher knows Node's flags for a sidecar. Where none started us, the sidecar is started as we were.
    const { launcher } = environment;
    const [command = '', ...program] = launcher
      ? [launcher]
      : [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
    const args = [...program, 'sidecar', ...addresses, ...others];
    // The standard output belongs to the program.
    return new Child(command, args, childEnvironment({}), ['ignore', 2, 2]);
  }

  async #keepAlive(): Promise<void> {
    let pause = firstPauseMs;
    while (!this.#stopping) {
      const started = this.#clock.now();
      const ending = await this.#child.ended;
      if (this.#stopping) return;
      if (this.#clock.now() - started > steadyMs) pause = firstPauseMs;
      this.#say(`the sidecar ended (${ending.words}); starting it again`);
      await sleep(this.#clock, pause);
      if (this.#stopping) return;
      pause = Math.min(pause * 2, mostPauseMs);
      this.#child = this.#start();
    }
  }
}
