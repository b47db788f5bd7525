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

/** One request of a load. Times are wall-clock ms. */
export interface Sample {
  readonly sentAt: number;
  readonly endedAt: number;
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

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), 5);
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
    const due = ((performance.now() - this.#begun) / 1000) * this.#options.perSecond;
    for (; this.#sent < due; this.#sent += 1) {
      const asking = this.#ask();
      this.#underWay.add(asking);
      void asking.finally(() => this.#underWay.delete(asking));
    }
  }

  async #ask(): Promise<void> {
    const { port, host, path = '/' } = this.#options;
    const sentAt = Date.now();
    const result = await call(port, { path: `http://${host}${path}`, headers: { host }, agent: this.#agent });
    this.samples.push({ sentAt, endedAt: Date.now(), result });
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
