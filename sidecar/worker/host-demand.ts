import type { DemandResult, HostDemand } from '../http/context.ts';

/** A worker's side of on-demand hosts (decision D16): one question to main per host, however many requests wait. */
export class WorkerDemand implements HostDemand {
  readonly #ask: (host: string) => void;
  readonly #waiting = new Map<string, ((result: DemandResult) => void)[]>();

  constructor(ask: (host: string) => void) {
    this.#ask = ask;
  }

  ask(host: string, done: (result: DemandResult) => void): void {
    const waiting = this.#waiting.get(host);
    if (waiting) {
      waiting.push(done);
      return;
    }
    this.#waiting.set(host, [done]);
    this.#ask(host);
  }

  answer(host: string, result: DemandResult): void {
    const waiting = this.#waiting.get(host);
    this.#waiting.delete(host);
    for (const done of waiting ?? []) done(result);
  }
}
