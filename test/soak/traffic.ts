import http from 'node:http';
import type { TestContext } from 'node:test';
import type { Random } from '../../shared/struct/random.ts';
import { type Answer, type Backend, httpBackend } from '../support/backend.ts';
import { call, RawClient } from '../support/http-call.ts';

const LARGE = Buffer.alloc(1024 * 1024, 'x');

/** Answers by path; what no path asks for happens to some. */
export function cart(t: Pick<TestContext, 'after'>, random: Random): Promise<Backend> {
  const answer: Answer = (request, response) => {
    const dice = random();
    if (dice < 0.01) return void response.socket?.resetAndDestroy();
    if (dice < 0.03) return void response.writeHead(503).end();
    if (request.url === '/large') response.end(LARGE);
    else if (request.url === '/echo') request.pipe(response);
    else if (request.url === '/slow') setTimeout(() => response.end('slow'), random() * 100);
    else if (request.url === '/half') {
      response.writeHead(200, { 'content-length': 100 }).write('half');
      setTimeout(() => response.destroy(), 10);
    } else response.end('ok');
    request.resume();
  };
  return httpBackend(t, answer);
}

/** What came back to the clients of a soak. */
export class Tally {
  /** Answers by the first digit of their status. */
  readonly classes = [0, 0, 0, 0, 0, 0];
  /** Calls, of one or two requests, of which their client cannot know whether the sidecar counted an answer. */
  unsure = 0;
  total = 0;

  note(status: number): void {
    this.total += 1;
    const digit = Math.floor(status / 100);
    if (digit === 0) this.unsure += 1;
    else this.classes[digit] = (this.classes[digit] ?? 0) + 1;
  }
}

type Kind = (port: number, agent: http.Agent, random: Random) => Promise<number>;

const ask =
  (path: string, options: { method?: string; body?: string } = {}, host = 'cart'): Kind =>
  async (port, agent) =>
    (await call(port, { path: `http://${host}${path}`, headers: { host }, agent, ...options })).status;

/** Says something and goes away in the middle of whatever it is, by FIN or RST. */
const leave =
  (text: string): Kind =>
  async (port, _agent, random) => {
    const client = await RawClient.connect(port);
    client.write(text);
    await new Promise((resolve) => setTimeout(resolve, random() * 30));
    if (random() < 0.5) client.close();
    else client.socket.resetAndDestroy();
    return 0;
  };

/** Kinds of requests, the usual ones more than once. */
const KINDS: readonly Kind[] = [
  ...Array.from({ length: 8 }, () => ask('/')),
  ...Array.from({ length: 3 }, () => ask('/echo', { method: 'POST', body: 'x'.repeat(20_000) })),
  ask('/echo', { method: 'POST', body: 'x'.repeat(300_000) }),
  ask('/large'),
  ask('/slow'),
  ask('/slow'),
  ask('/half'),
  ask('/', {}, 'nowhere'),
  async (port, agent, random) =>
    (
      await call(port, {
        path: 'http://cart/slow',
        headers: { host: 'cart' },
        agent,
        signal: AbortSignal.timeout(Math.ceil(random() * 50)),
      })
    ).status,
  leave('POST http://cart/echo HTTP/1.1\r\nHost: cart\r\nContent-Length: 10000\r\n\r\nsome'),
  leave('GET http://cart/large HTTP/1.1\r\nHost: cart\r\n\r\n'),
  leave('GET http://cart/ HTTP/1.1\r\nHost: cart\r\n\r\nGET http://cart/slow HTTP/1.1\r\nHost: cart\r\n\r\n'),
  leave('GET http://cart/ HT'),
  leave('NO SUCH THING\r\n\r\n'),
];

/** Callers that ask for all kinds of things until told to stop. */
export class Traffic {
  readonly tally = new Tally();
  readonly #callers: Promise<void>[];
  #stop = false;

  constructor(port: number, callers: number, random: Random) {
    this.#callers = Array.from({ length: callers }, () => this.#call(port, random));
  }

  async stop(): Promise<void> {
    this.#stop = true;
    await Promise.all(this.#callers);
  }

  async #call(port: number, random: Random): Promise<void> {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    while (!this.#stop) {
      const kind = KINDS[Math.floor(random() * KINDS.length)] as Kind;
      this.tally.note(await kind(port, agent, random));
      await new Promise((resolve) => setTimeout(resolve, random() * 20));
    }
    agent.destroy();
  }
}
