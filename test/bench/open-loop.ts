/**
 * Open-loop load: requests are due at times that were fixed before the run, whatever became of those before, and latency counts from
 * when a request was due. A server that stands still for a second is thus charged for all who would have come meanwhile (no
 * "coordinated omission"). Arrivals are independent of each other, as those of many users are: exponential gaps, the same sequence
 * for the same seed. A request that is due while every connection is busy waits for one; that wait is part of its latency.
 *
 * As a program, pinned to a core of its own by `openLoop` in paced.ts:
 *
 *   node test/bench/open-loop.ts PORT HEAD RATE SECONDS CONNECTIONS       prints one line of JSON: an OpenLoopResult
 */
import { once } from 'node:events';
import net from 'node:net';
import process from 'node:process';
import { type Random, seededRandom } from '../../shared/struct/random.ts';
import { percentile } from './percentile.ts';

export interface OpenLoopResult {
  readonly requests: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** How late requests were sent, 99th percentile in ms: what of the latencies is the load's own doing. */
  readonly lateness: number;
}

export interface OpenLoopOptions {
  readonly port: number;
  /** The whole request, without a body. */
  readonly request: string;
  /** Requests per second. */
  readonly rate: number;
  readonly seconds: number;
  readonly connections: number;
  readonly seed?: number;
}

/** Without any timer that is finer than a millisecond, the thread sleeps for so long (ms) between two looks at what is due. */
const NAP = 0.1;
/** What a run waits for its last answers, ms; those that do not come count as this late. */
const PATIENCE = 5_000;

const headEnd = Buffer.from('\r\n\r\n');

/** One connection: a request at a time. Answers have a Content-Length and no other framing. */
class Client {
  due = 0;
  busy = false;
  readonly socket: net.Socket;
  readonly #onAnswer: (client: Client) => void;
  /** What of an answer has come, while its head is not whole. */
  #head: Buffer = Buffer.alloc(0);
  /** Body bytes that are still to come; -1 = the head is. */
  #left = -1;

  constructor(port: number, onAnswer: (client: Client) => void, onLost: (error: Error) => void) {
    this.#onAnswer = onAnswer;
    const buffer = Buffer.allocUnsafe(64 * 1024);
    const onread = { buffer, callback: (length: number) => this.#read(buffer.subarray(0, length)) };
    this.socket = net.connect({ port, host: '127.0.0.1', noDelay: true, onread });
    this.socket.on('error', onLost);
    this.socket.on('close', () => onLost(new Error('a connection was closed')));
  }

  #read(chunk: Buffer): boolean {
    let body = chunk;
    if (this.#left < 0) {
      const all = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
      const end = all.indexOf(headEnd);
      if (end < 0) {
        this.#head = Buffer.from(all);
        return true;
      }
      const head = all.toString('latin1', 0, end);
      if (!/^HTTP\/1\.1 2/.test(head)) throw new Error(`answered ${head.slice(0, 40)}`);
      this.#left = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
      this.#head = Buffer.alloc(0);
      body = all.subarray(end + headEnd.length);
    }
    this.#left -= body.length;
    if (this.#left > 0) return true;
    if (this.#left < 0) throw new Error('more came than was asked for');
    this.#left = -1;
    this.busy = false;
    this.#onAnswer(this);
    return true;
  }
}

/** Ms until the next of independent arrivals that come `rate` times a second. */
export const gap = (rate: number, random: Random): number => (-Math.log(1 - random()) * 1_000) / rate;

/** Runs the load. Rejects when a connection is lost or an answer is not 2xx. */
export async function openLoop(options: OpenLoopOptions): Promise<OpenLoopResult> {
  const { port, request, rate, seconds, connections } = options;
  const random = seededRandom(options.seed ?? 1);
  const bytes = Buffer.from(request, 'latin1');
  const expected = Math.round(rate * seconds);
  const latencies = new Float64Array(expected);
  const lateness = new Float64Array(expected);
  let [answered, sent] = [0, 0];
  let failure: Error | undefined;
  let over = false;
  /** Due, and waiting for a connection: times in order. */
  const waiting: number[] = [];
  let first = 0;
  const free: Client[] = [];

  const send = (client: Client, due: number): void => {
    client.busy = true;
    client.due = due;
    client.socket.write(bytes);
    lateness[sent] = performance.now() - due;
    sent += 1;
  };
  const answer = (client: Client): void => {
    latencies[answered] = performance.now() - client.due;
    answered += 1;
    const due = waiting[first];
    if (due === undefined) {
      free.push(client);
      return;
    }
    first += 1;
    send(client, due);
  };
  const lost = (error: Error): void => {
    if (!over) failure ??= error;
  };
  const clients = Array.from({ length: connections }, () => new Client(port, answer, lost));
  await Promise.all(clients.map(({ socket }) => once(socket, 'connect')));
  free.push(...clients);

  const cell = new Int32Array(new SharedArrayBuffer(4));
  let due = performance.now() + 10;
  let planned = 0;
  let deadline = Number.POSITIVE_INFINITY;
  await new Promise<void>((resolve) => {
    const turn = (): void => {
      const now = performance.now();
      while (planned < expected && due <= now) {
        const client = free.pop();
        if (client) send(client, due);
        else waiting.push(due);
        planned += 1;
        due += gap(rate, random);
      }
      if (planned === expected) deadline = Math.min(deadline, now + PATIENCE);
      if (failure || answered === expected || now > deadline) return resolve();
      // A nap blocks the thread, so that answers are seen that much later: no more than the load's own resolution.
      Atomics.wait(cell, 0, 0, NAP);
      setImmediate(turn);
    };
    turn();
  });
  over = true;
  for (const { socket } of clients) socket.resetAndDestroy();
  if (failure) throw failure;
  latencies.fill(PATIENCE, answered);
  latencies.sort();
  lateness.subarray(0, sent).sort();
  return {
    requests: answered,
    p50: percentile(latencies, 50),
    p90: percentile(latencies, 90),
    p99: percentile(latencies, 99),
    p999: percentile(latencies, 99.9),
    max: percentile(latencies, 100),
    lateness: percentile(lateness.subarray(0, sent), 99),
  };
}

if (import.meta.main) {
  const [port, request = '', rate, seconds, connections] = process.argv.slice(2);
  const [at, perSecond, duration, clients] = [port, rate, seconds, connections].map(Number);
  const options = { port: at ?? 0, request, rate: perSecond ?? 0, seconds: duration ?? 0, connections: clients ?? 0 };
  console.log(JSON.stringify(await openLoop(options)));
}
