import assert from 'node:assert/strict';
import type { Random } from '../../../shared/struct/random.ts';
import { ClientSession } from '../../../sidecar/codec/http1/client-session.ts';
import { ResponseParser } from '../../../sidecar/codec/http1/response-parser.ts';
import type { Exchange, RequestSink } from '../../../sidecar/core/exchange.ts';
import { HeaderList } from '../../../sidecar/core/headers.ts';
import { FakeWire } from '../../support/fake-wire.ts';
import { ServerBench, serve } from '../../support/http1-observed.ts';

/** A connection to the upstream, and the requests that were begun on it. */
interface Upstream {
  readonly wire: FakeWire;
  readonly session: ClientSession;
  readonly begun: { method: string; path: string }[];
}

/** One exchange as the glue between the two sessions sees it, with what the contracts promise about it. */
class Passage {
  readonly x: Exchange;
  readonly upstream: Upstream;
  /** What the upstream sent as body. */
  body = '';
  status = 0;
  requestEnd: 'open' | 'whole' | 'reset' | 'protocol' | 'timeout' = 'open';
  attemptEnd: 'open' | 'whole' | 'failed' | 'cancelled' = 'open';
  /** The response was ended, broken off, or nobody waits for it any more. */
  answered: 'open' | 'whole' | 'reset' = 'open';

  constructor(x: Exchange, upstream: Upstream) {
    this.x = x;
    this.upstream = upstream;
  }

  get over(): boolean {
    return this.answered !== 'open' || !(this.requestEnd === 'open' || this.requestEnd === 'whole');
  }

  /** Called once, with the next bytes of the request or the answer that come. */
  trap: (() => void) | null = null;

  begin(): void {
    const { x, upstream } = this;
    upstream.begun.push({ method: x.method, path: x.path });
    upstream.session.start(x.method, x.authority, x.path, x.headers, x.bodyLength, {
      onInform: (status, headers) => {
        this.#attemptRuns();
        x.stream.inform(status, headers);
      },
      onStart: (status, headers, length) => {
        this.#attemptRuns();
        assert.equal(this.status, 0, 'a second head');
        this.status = status;
        x.stream.respond(status, headers, length);
      },
      onData: (chunk) => {
        this.#attemptRuns();
        assert.notEqual(this.status, 0, 'a body before its head');
        this.body += Buffer.from(chunk).toString('latin1');
        const flows = x.stream.write(chunk);
        this.#spring();
        return flows;
      },
      onEnd: (trailers) => {
        this.#attemptRuns();
        this.attemptEnd = 'whole';
        this.answered = 'whole';
        x.stream.end(trailers);
      },
      onFailure: () => {
        this.#attemptRuns();
        this.attemptEnd = 'failed';
        this.#answerFailure();
      },
      onDrain: () => {
        this.#attemptRuns();
        x.stream.resume();
      },
    });
  }

  sink(): RequestSink {
    const { session } = this.upstream;
    return {
      onData: (chunk) => {
        this.#requestRuns();
        const flows = this.attemptEnd === 'open' ? session.write(chunk) : true;
        this.#spring();
        return flows;
      },
      onEnd: (trailers) => {
        this.#requestRuns();
        this.requestEnd = 'whole';
        if (this.attemptEnd === 'open') session.end(trailers);
      },
      onAbort: (failure) => {
        assert.ok(!this.over, 'an exchange that is over is aborted');
        this.requestEnd = failure;
        this.cancel();
      },
      onDrain: () => {
        assert.ok(!this.over, 'onDrain after the end');
        if (this.attemptEnd === 'open') session.resume();
      },
    };
  }

  cancel(): void {
    if (this.attemptEnd !== 'open') return;
    this.attemptEnd = 'cancelled';
    this.upstream.session.cancel();
  }

  /** The handler gives up: with a reply where that is still possible. */
  giveUp(): void {
    if (this.over) return;
    this.cancel();
    this.#answerFailure();
  }

  reset(): void {
    if (this.over) return;
    this.cancel();
    this.answered = 'reset';
    this.x.stream.reset();
  }

  #spring(): void {
    const { trap } = this;
    this.trap = null;
    trap?.();
  }

  #answerFailure(): void {
    const { stream } = this.x;
    if (this.status !== 0) {
      this.answered = 'reset';
      return stream.reset();
    }
    this.status = 503;
    this.answered = 'whole';
    stream.respond(503, HeaderList.of(), 0);
    stream.end(null);
  }

  #attemptRuns(): void {
    assert.equal(this.attemptEnd, 'open', 'the attempt is over');
    assert.ok(!this.over, 'the exchange is over');
  }

  #requestRuns(): void {
    assert.equal(this.requestEnd, 'open', 'the request is over');
    assert.ok(!this.over, 'the exchange is over');
  }
}

/**
 * A client, a server session, client sessions and upstreams, driven step by step; whatever the order, the contracts of
 * core/exchange.ts hold, the client reads the answers that were given to it, and nothing stays behind.
 */
export class Conversation {
  readonly #bench: ServerBench;
  readonly #random: Random;
  readonly #passages: Passage[] = [];
  readonly #upstreams: Upstream[] = [];
  #client: string;
  #answers: string;
  #clientFin = false;
  /** The next request is answered before its body comes. */
  #answersAtOnce = false;
  #upstreamFin = new Set<Upstream>();

  constructor(client: string, answers: string, random: Random) {
    this.#client = client;
    this.#answers = answers;
    this.#random = random;
    this.#bench = new ServerBench({ begin: (x) => this.#begin(x) }, { requestTimeout: 120_000 });
  }

  /** One step; letters that mean nothing are none. Lower case is the client's side, upper case the upstream's or more of it. */
  step(letter: string): void {
    if (letter === 't') this.#bench.clock.advance(1000);
    else if (letter === 'T') this.#bench.clock.advance(61_000);
    else this.#bench.within(() => this.#act(letter));
    // Who destroys a connection hears in a later turn that it is gone.
    this.#bench.within(() => {
      const { wire } = this.#bench;
      if (wire.destroyed !== 'no') wire.gone();
      for (const each of this.#upstreams) if (each.wire.destroyed !== 'no') each.wire.gone();
    });
  }

  /** Everybody goes, and time passes. Returns what came of it in few words. */
  finish(): string {
    const bench = this.#bench;
    const upstreams = this.#upstreams;
    bench.within(() => bench.wire.gone('ECONNRESET'));
    bench.within(() => {
      for (const { wire } of upstreams) wire.gone('ECONNRESET');
    });
    bench.clock.advance(1000);
    assert.equal(bench.wheel.running, 0, 'a timer runs on');
    assert.equal(bench.closed, 1, 'the end of the connection is told once');
    for (const each of this.#passages) {
      assert.ok(each.over, 'an exchange outlives its connections');
      assert.notEqual(each.attemptEnd, 'open', 'an attempt outlives its connections');
    }
    for (const each of upstreams) readBehind(each);
    this.#readInFront();
    return [
      bench.wire.destroyed,
      bench.wire.closed,
      Math.min(upstreams.length, 3),
      bench.refused.length,
      ...this.#passages.slice(0, 3).map((each) => [each.requestEnd, each.attemptEnd, each.answered, each.status]),
    ].join();
  }

  #act(letter: string): void {
    const { wire, session } = this.#bench;
    const upstream = this.#upstreams.at(-1);
    const passage = this.#passages.at(-1);
    switch (letter) {
      case 'c':
        return this.#fromClient(1 + Math.floor(this.#random() * 40));
      case 'C':
        return this.#fromClient(this.#client.length);
      case 'u':
        return this.#fromUpstream(upstream, 1 + Math.floor(this.#random() * 40));
      case 'U':
        return this.#fromUpstream(upstream, this.#answers.length);
      case 'f':
        if (wire.over || this.#clientFin) return;
        this.#clientFin = true;
        wire.fin();
        // A request that will never be whole is over.
        return assert.ok(!passage || passage.over || passage.requestEnd === 'whole', 'half a request stays');
      case 'F':
        if (!upstream || upstream.wire.over || this.#upstreamFin.has(upstream)) return;
        this.#upstreamFin.add(upstream);
        return upstream.wire.fin();
      case 'g':
        return wire.gone('ECONNRESET');
      case 'G':
        return upstream?.wire.gone('ECONNRESET');
      case 'b':
        wire.backedUp = true;
        return;
      case 'd':
        if (wire.backedUp && !wire.over) wire.drain();
        return;
      case 'B':
        if (upstream) upstream.wire.backedUp = true;
        return;
      case 'D':
        if (upstream?.wire.backedUp && !upstream.wire.over) upstream.wire.drain();
        return;
      case 'q':
        return session.drain(false);
      case 'Q':
        return session.drain(true);
      case 'r':
        return passage?.reset();
      case 'R':
        return passage?.giveUp();
      case 'x':
        if (passage) passage.trap = () => passage.reset();
        return;
      case 'X':
        if (passage) passage.trap = () => passage.giveUp();
        return;
      case 'a':
        this.#answersAtOnce = true;
        return;
      case 'p':
        return passage && !passage.over ? passage.x.stream.pause() : undefined;
      case 'P':
        return passage && !passage.over ? passage.x.stream.resume() : undefined;
    }
  }

  #fromClient(length: number): void {
    const { wire } = this.#bench;
    if (wire.paused || wire.over || this.#clientFin) return;
    const bytes = this.#client.slice(0, length);
    this.#client = this.#client.slice(length);
    if (bytes !== '') wire.receive(bytes);
  }

  #fromUpstream(upstream: Upstream | undefined, length: number): void {
    if (!upstream || upstream.wire.paused || upstream.wire.over || this.#upstreamFin.has(upstream)) return;
    const bytes = this.#answers.slice(0, length);
    this.#answers = this.#answers.slice(length);
    if (bytes !== '') upstream.wire.receive(bytes);
  }

  #begin(x: Exchange): RequestSink {
    let upstream = this.#upstreams.at(-1);
    if (!upstream?.session.idle) {
      const wire = new FakeWire();
      upstream = { wire, session: new ClientSession(wire, { onIdle() {}, onGone() {} }), begun: [] };
      this.#upstreams.push(upstream);
    }
    const passage = new Passage(x, upstream);
    this.#passages.push(passage);
    passage.begin();
    const sink = passage.sink();
    if (this.#answersAtOnce) passage.giveUp();
    this.#answersAtOnce = false;
    return sink;
  }

  /** Reads the client's side as a client would: the answers are those that were given, in order, each with its body. */
  #readInFront(): void {
    const output = Buffer.from(this.#bench.wire.output, 'latin1');
    let at = 0;
    for (const { x, status, body, answered } of this.#passages) {
      if (status === 0) return;
      const seen = { status: 0, body: '', whole: false };
      const parser: ResponseParser = new ResponseParser(
        { maxHeadBytes: 65_536, maxHeaders: 1000 },
        {
          onHead: () => {
            seen.status = parser.status;
          },
          onBody: (chunk) => {
            seen.body += Buffer.from(chunk).toString('latin1');
          },
          onComplete: () => {
            seen.whole = seen.status >= 200;
          },
        },
      );
      parser.toHead = x.method === 'HEAD';
      do {
        parser.next();
        at = parser.execute(output, at, output.length);
        assert.equal(parser.refusal, null, 'the client cannot read its answer');
      } while (parser.done && !seen.whole);
      if (seen.status < 200) return assert.ok(this.#bench.wire.over || at === output.length, 'an answer is missing');
      assert.equal(seen.status, status);
      if (parser.toHead || status === 204 || status === 304) assert.equal(seen.body, '');
      else if (answered === 'whole') assert.equal(seen.body, body);
      else assert.ok(body.startsWith(seen.body), 'the body of a response that was broken off');
      if (!seen.whole) {
        assert.equal(at, output.length);
        assert.ok(answered !== 'whole' || parser.untilClose, 'a whole answer that never ends');
        return;
      }
      // Of one with a length, all may have left when it was broken off.
      assert.ok(answered === 'whole' || parser.bodyLength >= 0, 'an answer that was broken off looks whole');
    }
  }
}

/** Reads an upstream's side as an upstream would: no request but those that were begun. */
function readBehind({ wire, begun }: Upstream): void {
  const { seen, refused } = serve(wire.output, [], { maxHeadBytes: 65_536, maxHeaders: 1000 });
  assert.deepEqual(refused, []);
  assert.ok(seen.length <= begun.length, `${seen.length} requests behind, ${begun.length} were sent`);
  assert.deepEqual(
    seen.map(({ method, path }) => ({ method, path })),
    begun.slice(0, seen.length),
  );
}
