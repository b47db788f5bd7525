import { execFile } from 'node:child_process';
import type { Cancel } from '../../../shared/time/clock.ts';
import type { CommandProbePlan } from '../../core/plan/health-check.ts';
import type { ProbeResult } from './endpoint-check.ts';
import { type Prober, type ProbeTarget, passed, refused, unreachable } from './probe.ts';

/** Of what a command says, so much is kept, bytes. */
const KEPT = 16 * 1024;

/** Runs a program of this machine: exit code 0 is healthy. It is killed when it takes too long. */
export class CommandProber implements Prober {
  readonly #command: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;

  constructor({ command }: CommandProbePlan, { address, port }: ProbeTarget, path: string) {
    this.#command = command;
    this.#environment = { PATH: path, AYA_ENDPOINT_ADDRESS: address, AYA_ENDPOINT_PORT: String(port) };
  }

  probe(done: (result: ProbeResult) => void): Cancel {
    const [program = '', ...args] = this.#command;
    let over = false;
    const child = execFile(program, args, { env: this.#environment, maxBuffer: KEPT }, (error, _out, said) => {
      if (over) return;
      over = true;
      if (!error) return done(passed);
      // A number is its exit code; a word says why it did not run, or not to its end.
      if (typeof error.code !== 'number') return done(unreachable(`${program} failed: ${error.code ?? error.signal}`));
      const why = said.trim().split('\n')[0] ?? '';
      done(refused(`${program} ended with ${error.code}${why === '' ? '' : `: ${why.slice(0, 200)}`}`, false));
    });
    return () => {
      over = true;
      child.kill('SIGKILL');
    };
  }

  close(): void {}
}
