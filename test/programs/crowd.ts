/**
 * A crowd of clients in a process of its own, since it needs more descriptors than a test has: `crowd.ts PORT PATH`. Reads commands
 * from standard input, answers each with one JSON line:
 *
 *   idle N      opens N connections, one request on each, and keeps them      {"open": N}
 *   active N S  N connections ask one request after the other for S seconds   {"answered": R, "failed": {STATUS: F}}
 *   again       one more request on each idle connection                      {"answered": R, "failed": {STATUS: F}}
 *   rate R S    R requests a second for S seconds, whether answers come or not; each takes a connection that is free, or a new one.
 *               By status: how many, and percentiles of the ms from the intended time on
 *                                               {"200": {"count": N, "p50": P, "p99": P}, ...};
 *               "late" says by how much this process itself was late to ask
 *   leave       closes all                                                    {}
 */
import net from 'node:net';
import process from 'node:process';
import { createInterface } from 'node:readline';

const [, , port = '', path = '/'] = process.argv;
const REQUEST = `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
/** Connections that are made at the same time. */
const AT_ONCE = 200;

/** One connection, one request at a time. */
class Client {
  readonly socket: net.Socket;
  #received = '';
  #answered: ((status: number) => void) | null = null;

  constructor() {
    this.socket = net.connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (chunk: string) => this.#take(chunk));
    this.socket.on('error', () => {});
    this.socket.on('close', () => this.#settle(0));
  }

  /** Resolves with the status of the answer, 0 when the connection ends before its end. */
  ask(): Promise<number> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      if (this.socket.destroyed) this.#settle(0);
      else this.socket.write(REQUEST);
    });
  }

  #take(chunk: string): void {
    this.#received += chunk;
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#received)?.[1] ?? 0);
    if (this.#received.length < end + 4 + length) return;
    const status = Number(this.#received.slice(9, 12));
    this.#received = '';
    this.#settle(status);
  }

  #settle(status: number): void {
    const answered = this.#answered;
    this.#answered = null;
    answered?.(status);
  }
}

const idle: Client[] = [];
let answered = 0;
/** By status, 0 for an answer that never came to its end. */
let failed: Record<number, number> = {};
const count = (status: number): void => {
  if (status === 200) answered += 1;
  else failed[status] = (failed[status] ?? 0) + 1;
};

async function open(wanted: number, each: (client: Client) => Promise<void>): Promise<Client[]> {
  const clients: Client[] = [];
  const opener = async (): Promise<void> => {
    while (clients.length < wanted) {
      const client = new Client();
      clients.push(client);
      await each(client);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, opener));
  return clients;
}

interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

async function openLoop(perSecond: number, seconds: number): Promise<object> {
  const free: Client[] = [];
  const all: Client[] = [];
  const times = new Map<number, number[]>();
  const late: number[] = [];
  const ask = async (intended: number): Promise<void> => {
    late.push(performance.now() - intended);
    let client = free.pop();
    if (!client || client.socket.destroyed) {
      client = new Client();
      all.push(client);
    }
    const status = await client.ask();
    const took = performance.now() - intended;
    const list = times.get(status);
    if (list) list.push(took);
    else times.set(status, [took]);
    if (!client.socket.destroyed) free.push(client);
  };
  const began = performance.now();
  const asking: Promise<void>[] = [];
  for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - began) {
    while ((asking.length * 1000) / perSecond <= elapsed) asking.push(ask(began + (asking.length * 1000) / perSecond));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(asking);
  for (const { socket } of all) socket.destroy();
  return Object.fromEntries([
    ['late', latencyOf(late)],
    ...[...times].map(([status, list]) => [status, latencyOf(list)]),
  ]);
}

function latencyOf(times: number[]): Latency {
  const sorted = times.sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99) };
}

async function obey(command: string): Promise<object> {
  const [verb, amount = '0', seconds = '0'] = command.split(' ');
  answered = 0;
  failed = {};
  if (verb === 'rate') return openLoop(Number(amount), Number(seconds));
  if (verb === 'idle') {
    idle.push(...(await open(Number(amount), async (client) => count(await client.ask()))));
    return { open: answered };
  }
  if (verb === 'active') {
    const clients = await open(Number(amount), async (client) => count(await client.ask()));
    const end = performance.now() + Number(seconds) * 1000;
    const busy = async (client: Client): Promise<void> => {
      while (performance.now() < end && !client.socket.destroyed) count(await client.ask());
    };
    await Promise.all(clients.map(busy));
    for (const { socket } of clients) socket.destroy();
  } else if (verb === 'again') {
    for (let at = 0; at < idle.length; at += AT_ONCE) {
      await Promise.all(idle.slice(at, at + AT_ONCE).map(async (client) => count(await client.ask())));
    }
  } else if (verb === 'leave') {
    for (const { socket } of idle.splice(0)) socket.destroy();
  }
  return { answered, failed };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await obey(line))}\n`);
}
