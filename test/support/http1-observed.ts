import { VirtualClock } from '../../shared/time/virtual-clock.ts';
import { Wheel } from '../../shared/time/wheel.ts';
import { ClientSession } from '../../sidecar/codec/http1/client-session.ts';
import { DateText } from '../../sidecar/codec/http1/date-text.ts';
import type { HeadLimits } from '../../sidecar/codec/http1/field-section.ts';
import type { ServerContext, ServerOptions } from '../../sidecar/codec/http1/server-options.ts';
import { ServerSession } from '../../sidecar/codec/http1/server-session.ts';
import type { Exchange, ExchangeHandler, RequestSink } from '../../sidecar/core/exchange.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { Turn } from '../../sidecar/core/turn.ts';
import { FakeWire } from './fake-wire.ts';

export const OPTIONS: ServerOptions = {
  maxHeadBytes: 8192,
  maxHeaders: 100,
  acceptHttp10: true,
  headersTimeout: 10_000,
  requestTimeout: 0,
  streamIdleTimeout: 300_000,
  idleTimeout: 60_000,
  maxConnectionDuration: 0,
  maxRequestsPerConnection: 0,
};

const PEER = { remoteAddress: '127.0.0.1', remotePort: 40_000, localAddress: '127.0.0.1', localPort: 80 };

export function pairs(headers: HeaderList | null): string[] | null {
  if (!headers) return null;
  const list: string[] = [];
  headers.each((name, value) => list.push(`${name}: ${value}`));
  return list;
}

/** A server session on a wire in memory, with a clock that moves when told to. */
export class ServerBench {
  readonly clock = new VirtualClock();
  readonly turn = new Turn(this.clock);
  readonly wheel = new Wheel(this.clock, (run) => this.within(run));
  readonly wire = new FakeWire();
  readonly refused: string[] = [];
  readonly session: ServerSession;
  readonly options: ServerOptions;
  closed = 0;

  constructor(handler: ExchangeHandler, options: Partial<ServerOptions> = {}) {
    const context: ServerContext = {
      handler,
      turn: this.turn,
      wheel: this.wheel,
      date: new DateText(this.clock),
      scheme: 'http',
      owner: {
        onBadRequest: (_session, status, reason) => this.refused.push(`${status} ${reason}`),
        onClosed: () => {
          this.closed += 1;
        },
      },
    };
    this.options = { ...OPTIONS, ...options };
    this.session = new ServerSession(this.wire, PEER, this.options, context);
  }

  within(run: () => void): void {
    this.turn.enter();
    try {
      run();
    } finally {
      this.turn.leave();
    }
  }

  receive(data: string | Buffer, cuts: readonly number[] = []): void {
    this.within(() => this.wire.receive(data, cuts));
  }
}

/** What a handler saw of one request. */
export interface Seen {
  method: string;
  scheme: string;
  authority: string;
  path: string;
  version: number;
  headers: string[];
  length: number;
  body: string;
  trailers: string[] | null;
  end: 'whole' | 'open' | 'reset' | 'protocol' | 'timeout';
}

export interface Served {
  seen: Seen[];
  /** Statuses written downstream, in order. */
  statuses: number[];
  refused: string[];
  /** The connection was given up. */
  over: boolean;
}

/** Records requests and answers each with `200 ok` as soon as it is whole. */
export class Recorder implements ExchangeHandler {
  readonly seen: Seen[] = [];
  readonly exchanges: Exchange[] = [];
  readonly answer: (x: Exchange) => void;

  constructor(answer: (x: Exchange) => void = answerOk) {
    this.answer = answer;
  }

  begin(x: Exchange): RequestSink {
    const seen: Seen = {
      method: x.method,
      scheme: x.scheme,
      authority: x.authority,
      path: x.path,
      version: x.version,
      headers: pairs(x.headers) ?? [],
      length: x.bodyLength,
      body: '',
      trailers: null,
      end: 'open',
    };
    this.seen.push(seen);
    this.exchanges.push(x);
    return {
      onData: (chunk) => {
        seen.body += Buffer.from(chunk).toString('latin1');
        return true;
      },
      onEnd: (trailers) => {
        seen.trailers = pairs(trailers);
        seen.end = 'whole';
        this.answer(x);
      },
      onAbort: (failure) => {
        seen.end = failure;
      },
      onDrain() {},
    };
  }
}

export function answerOk(x: Exchange): void {
  x.stream.respond(200, HeaderList.of(), 2);
  x.stream.write(Buffer.from('ok'));
  x.stream.end(null);
}

/** Feeds `bytes`, cut at `cuts`, to a server session whose handler answers 200 to whole requests. */
export function serve(bytes: string | Buffer, cuts: readonly number[], options: Partial<ServerOptions> = {}): Served {
  const recorder = new Recorder();
  const bench = new ServerBench(recorder, options);
  bench.receive(bytes, cuts);
  const statuses = [...bench.wire.output.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => Number(match[1]));
  return { seen: recorder.seen, statuses, refused: bench.refused, over: bench.wire.over };
}

/** What an attempt saw of the answer to its request, and what became of the connection. */
export interface Answered {
  informs: number[];
  status: number;
  headers: string[];
  length: number;
  body: string;
  trailers: string[] | null;
  /** 'whole', 'open', or kind and sentence of the failure. */
  end: string;
  connection: 'busy' | 'idle' | 'gone';
}

/** Sends one request without a body through a client session and feeds it `bytes`, cut at `cuts`, then perhaps FIN. */
export function answer(
  method: string,
  bytes: string | Buffer,
  cuts: readonly number[],
  fin = false,
  limits: HeadLimits = { maxHeadBytes: 8192, maxHeaders: 100 },
): Answered {
  const wire = new FakeWire();
  const seen: Answered = {
    informs: [],
    status: 0,
    headers: [],
    length: 0,
    body: '',
    trailers: null,
    end: 'open',
    connection: 'busy',
  };
  const session = new ClientSession(
    wire,
    {
      onIdle: () => {
        seen.connection = 'idle';
      },
      onGone: () => {
        seen.connection = 'gone';
      },
    },
    limits,
  );
  session.start(method, 'svc', '/', HeaderList.of(), 0, {
    onInform: (status) => seen.informs.push(status),
    onStart: (status, headers, length) => {
      seen.status = status;
      seen.headers = pairs(headers) ?? [];
      seen.length = length;
    },
    onData: (chunk) => {
      seen.body += Buffer.from(chunk).toString('latin1');
      return true;
    },
    onEnd: (trailers) => {
      seen.trailers = pairs(trailers);
      seen.end = 'whole';
    },
    onFailure: (failure) => {
      seen.end = `${failure.kind}: ${failure.detail}`;
    },
    onDrain() {},
  });
  wire.receive(bytes, cuts);
  if (fin && wire.destroyed === 'no') wire.fin();
  return seen;
}

/** Every single cut, then one byte at a time. */
export function* splits(length: number): Generator<number[]> {
  for (let at = 1; at < length; at += 1) yield [at];
  yield Array.from({ length: Math.max(0, length - 1) }, (_, at) => at + 1);
}
