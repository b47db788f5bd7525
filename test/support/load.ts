import http from 'node:http';
import { type CallResult, call } from './http-call.ts';

export interface LoadOptions {
  /** Of the outbound listener; requests are made as `http_proxy` asks for. */
  readonly port: number;
  readonly perSecond: number;
  /** The service to be called, as a program would write it. */
  readonly host: string;
  readonly path?: string;
}

/** Between two looks at what is due, ms. */
const TICK = 5;

/** One request of a load. Times are wall-clock ms. */
export interface Sample {
  readonly sentAt: number;
  readonly endedAt: number;
  /** How much of the time between, in ms, this process was kept from looking at anything, the answer included. */
  readonly stalled: number;
  readonly result: CallResult;
}

/** A client that asks at intended times, whether the answers before have come or not; each GET in absolute form, connections kept. */
export class Load {
  readonly samples: Sample[] = [];
  readonly #options: LoadOptions;
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #underWay = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  readonly #begun = performance.now();
  #sent = 0;
  #ticked = performance.now();
  /** For how long, all in all, ticks were late. */
  #late = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), TICK);
  }

  /** Requests that were sent in [from, to) and not answered by 2xx, whole. */
  failures(from = 0, to = Number.POSITIVE_INFINITY): Sample[] {
    return this.between(from, to).filter(
      ({ result }) => result.truncated || result.status < 200 || result.status > 299,
    );
  }

  between(from: number, to: number): Sample[] {
    return this.samples.filter(({ sentAt }) => sentAt >= from && sentAt < to);
  }

  /** Sends no more, and resolves when every answer is there. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    this.#agent.destroy();
  }

  #tick(): void {
    const now = performance.now();
    this.#late = this.#lateness(now);
    this.#ticked = now;
    const due = ((now - this.#begun) / 1000) * this.#options.perSecond;
    for (; this.#sent < due; this.#sent += 1) {
      const asking = this.#ask();
      this.#underWay.add(asking);
      void asking.finally(() => this.#underWay.delete(asking));
    }
  }

  #lateness(now: number): number {
    return this.#late + Math.max(0, now - this.#ticked - TICK);
  }

  async #ask(): Promise<void> {
    const { port, host, path = '/' } = this.#options;
    const sentAt = Date.now();
    const late = this.#late;
    const result = await call(port, { path: `http://${host}${path}`, headers: { host }, agent: this.#agent });
    const stalled = this.#lateness(performance.now()) - late;
    this.samples.push({ sentAt, endedAt: Date.now(), stalled, result });
  }
}

/** What went wrong, for the message of a failed test. */
export function describeFailures(failures: readonly Sample[]): string {
  return failures
    .slice(0, 10)
    .map(({ sentAt, result: { status, error, body, truncated } }) =>
      [new Date(sentAt).toISOString(), status, error, truncated ? 'truncated' : '', body.slice(0, 200)].join(' '),
    )
    .join('\n');
}
