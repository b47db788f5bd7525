import { ClientSession } from '../../../sidecar/codec/http1/client-session.ts';
import type { AttemptSink, Exchange, ExchangeHandler, RequestSink } from '../../../sidecar/core/exchange.ts';
import { HeaderList } from '../../../sidecar/core/headers.ts';
import { FakeWire } from '../fake-wire.ts';

/** A whole request as it left on an upstream connection. */
export interface Forwarded {
  method: string;
  path: string;
  bytes: string;
}

/**
 * Forwards each exchange through a client session on one upstream wire (another when that one is gone), and lets
 * `backend` answer what arrived there: with bytes of a response, perhaps followed by FIN, or with null for never.
 */
export class Relay implements ExchangeHandler {
  readonly forwarded: Forwarded[] = [];
  readonly #backend: (request: Forwarded, count: number) => { bytes: string; fin?: boolean } | null;
  #wire = new FakeWire();
  #session = this.#connect();
  /** Upstream bytes come in a turn of their own, as they do from a socket. */
  readonly #later: (() => void)[] = [];

  constructor(backend: (request: Forwarded, count: number) => { bytes: string; fin?: boolean } | null) {
    this.#backend = backend;
  }

  begin(x: Exchange): RequestSink {
    if (!this.#session.idle) this.#session = this.#connect();
    const session = this.#session;
    const wire = this.#wire;
    const from = wire.output.length;
    session.start(x.method, x.authority, x.path, x.headers, x.bodyLength, answerTo(x));
    return {
      onData: (chunk) => session.write(chunk),
      onEnd: (trailers) => {
        session.end(trailers);
        const request = { method: x.method, path: x.path, bytes: wire.output.slice(from) };
        this.forwarded.push(request);
        this.#later.push(() => {
          const answer = this.#backend(request, this.forwarded.length);
          if (!answer) return;
          wire.receive(answer.bytes);
          if (answer.fin && wire.destroyed === 'no') wire.fin();
        });
      },
      onAbort: () => session.cancel(),
      onDrain: () => session.resume(),
    };
  }

  /** Lets the backend answer until there is nothing to answer. */
  settle(): void {
    for (let next = this.#later.shift(); next; next = this.#later.shift()) next();
  }

  #connect(): ClientSession {
    this.#wire = new FakeWire();
    return new ClientSession(this.#wire, { onIdle() {}, onGone() {} });
  }
}

function answerTo(x: Exchange): AttemptSink {
  let started = false;
  return {
    onInform: (status, headers) => x.stream.inform(status, headers),
    onStart: (status, headers, length) => {
      started = true;
      x.stream.respond(status, headers, length);
    },
    onData: (chunk) => x.stream.write(chunk),
    onEnd: (trailers) => x.stream.end(trailers),
    onFailure: () => {
      if (started) return x.stream.reset();
      x.stream.respond(502, HeaderList.of(), 0);
      x.stream.end(null);
    },
    onDrain: () => x.stream.resume(),
  };
}
