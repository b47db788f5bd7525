import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { ClientAnswer, ClientOrder, Sample } from '../../programs/chaos-client.ts';

const program = path.resolve(import.meta.dirname, '../../programs/chaos-client.ts');

/** The client process: one load after the other. */
export class Client {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  /** Resolves with the Unix ms that the samples' times count from. */
  async begin(order: Omit<Extract<ClientOrder, { kind: 'begin' }>, 'kind'>): Promise<number> {
    const answer = await this.#ask({ kind: 'begin', ...order });
    return 'begun' in answer ? answer.begun : Number.NaN;
  }

  rate(perSecond: number): void {
    this.#child.send({ kind: 'rate', rate: perSecond } satisfies ClientOrder);
  }

  /** Ends the load and waits for what is under way. */
  async end(): Promise<readonly Sample[]> {
    const answer = await this.#ask({ kind: 'end' });
    return 'samples' in answer ? answer.samples : [];
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }

  async #ask(order: ClientOrder): Promise<ClientAnswer> {
    const answered = once(this.#child, 'message');
    this.#child.send(order);
    const [answer] = (await answered) as [ClientAnswer];
    return answer;
  }
}
