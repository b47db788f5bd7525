/**
 * The client of `npm run chaos`, by `fork`: open-loop load at a rate that can be changed under way. Requests are due at times that
 * follow from rate and seed alone, and what became of each is judged from when it was due; see test/bench/open-loop.ts. A request that
 * finds no idle connection opens one.
 */
import http from 'node:http';
import process from 'node:process';
import { seededRandom } from '../../shared/struct/random.ts';
import { gap } from '../bench/open-loop.ts';

export type ClientOrder =
  /** Answered by `{ begun }`: Unix ms of the time that `due` counts from. */
  | {
      readonly kind: 'begin';
      readonly port: number;
      readonly method: 'GET' | 'POST';
      /** Per second. */
      readonly rate: number;
      /** Ms from when a request was due. */
      readonly deadline: number;
      readonly seed: number;
    }
  | { readonly kind: 'rate'; readonly rate: number }
  /** Answered by `{ samples }` when every request has ended. */
  | { readonly kind: 'end' };

/** `truncated`: the head came, and not all of the body. `late`: not whole by the deadline, and given up. */
export type Outcome = 'good' | 'status' | 'reset' | 'truncated' | 'late';

/** Ms, from the beginning and from when it was due. */
export interface Sample {
  readonly due: number;
  readonly took: number;
  readonly outcome: Outcome;
  /** 0 without a head. */
  readonly status: number;
}

export type ClientAnswer = { readonly begun: number } | { readonly samples: readonly Sample[] };

type Begin = Extract<ClientOrder, { kind: 'begin' }>;

const payload = 'p'.repeat(200);

class Load {
  readonly #order: Begin;
  readonly #random: () => number;
  readonly #agent = new http.Agent({ keepAlive: true, scheduling: 'lifo' });
  readonly #samples: Sample[] = [];
  readonly #begun = performance.now();
  #rate: number;
  #due: number;
  #sent = 0;
  #over = false;

  constructor(order: Begin) {
    this.#order = order;
    this.#random = seededRandom(order.seed);
    this.#rate = order.rate;
    this.#due = gap(this.#rate, this.#random);
    this.#tick();
  }

  set rate(perSecond: number) {
    this.#rate = perSecond;
  }

  end(): void {
    this.#over = true;
    this.#tell();
  }

  #tick(): void {
    if (this.#over) return;
    const now = performance.now() - this.#begun;
    while (this.#due <= now) {
      this.#send(this.#due);
      this.#due += gap(this.#rate, this.#random);
    }
    setTimeout(() => this.#tick(), 1);
  }

  #send(due: number): void {
    this.#sent += 1;
    const { deadline, method, port } = this.#order;
    const headers = {
      'x-chaos-id': String(this.#sent),
      ...(method === 'POST' && { 'content-length': payload.length }),
    };
    const request = http.request({ host: '127.0.0.1', port, method, path: '/', headers, agent: this.#agent });
    let status = 0;
    let over = false;
    const ended = (outcome: Outcome): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      this.#samples.push({ due, took: performance.now() - this.#begun - due, outcome, status });
      this.#tell();
    };
    const giveUp = (): void => {
      ended('late');
      request.destroy();
    };
    const timer = setTimeout(giveUp, Math.max(0, this.#begun + due + deadline - performance.now()));
    request.on('error', () => ended(status === 0 ? 'reset' : 'truncated'));
    request.on('response', (response) => {
      status = response.statusCode ?? 0;
      response.resume();
      response.on('error', () => {});
      response.on('close', () => {
        if (!response.complete) ended('truncated');
        else ended(status >= 200 && status <= 299 ? 'good' : 'status');
      });
    });
    request.end(method === 'POST' ? payload : undefined);
  }

  #tell(): void {
    if (!this.#over || this.#samples.length < this.#sent) return;
    this.#agent.destroy();
    process.send?.({ samples: this.#samples } satisfies ClientAnswer);
  }
}

let load: Load | null = null;
process.on('message', (order: ClientOrder) => {
  if (order.kind === 'begin') {
    load = new Load(order);
    process.send?.({ begun: Date.now() } satisfies ClientAnswer);
  } else if (order.kind === 'rate') {
    if (load) load.rate = order.rate;
  } else load?.end();
});
process.on('disconnect', () => process.exit(0));
