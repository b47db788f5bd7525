import { VirtualClock } from '../../../shared/time/virtual-clock.ts';
import { Wheel } from '../../../shared/time/wheel.ts';
import { type ClientOptions, DEFAULT_CLIENT_OPTIONS } from '../../../sidecar/codec/http2/client-options.ts';
import { ClientSession } from '../../../sidecar/codec/http2/client-session.ts';
import type { AttemptSink, ClientStream } from '../../../sidecar/core/exchange.ts';
import { HeaderList } from '../../../sidecar/core/headers.ts';
import type { Failure } from '../../../sidecar/core/outcome.ts';
import { Turn } from '../../../sidecar/core/turn.ts';
import { linesOf } from '../exchange.ts';
import { FakeWire } from '../fake-wire.ts';
import { type Frame, FrameParser, MAGIC, settings, settingsAck } from './frames.ts';
import { inWords } from './server-bench.ts';

/** What one attempt brought. */
export class Got implements AttemptSink {
  readonly stream: ClientStream;
  informs: string[] = [];
  status = 0;
  length = 0;
  headers: string[] = [];
  body = '';
  ended = false;
  trailers: string[] = [];
  failure: Failure | null = null;
  drains = 0;
  takes = true;

  constructor(stream: ClientStream) {
    this.stream = stream;
  }

  onInform(status: number, headers: HeaderList): void {
    this.informs.push(`${status} ${linesOf(headers).join(', ')}`);
  }

  onStart(status: number, headers: HeaderList, length: number): void {
    this.status = status;
    this.headers = linesOf(headers);
    this.length = length;
  }

  onData(chunk: Uint8Array): boolean {
    this.body += Buffer.from(chunk).toString('latin1');
    return this.takes;
  }

  onEnd(trailers: HeaderList | null): void {
    this.ended = true;
    if (trailers) this.trailers = linesOf(trailers);
  }

  onFailure(failure: Failure): void {
    this.failure = failure;
  }

  onDrain(): void {
    this.drains += 1;
  }
}

/** A client session on a wire in memory, in virtual time. `receive` is what the server sends. */
export class ClientBench {
  readonly wire = new FakeWire();
  readonly clock = new VirtualClock();
  readonly turn = new Turn(this.clock);
  readonly session: ClientSession;
  /** 'free', 'draining', 'gone' as they came. */
  readonly events: string[] = [];
  readonly #parser = new FrameParser();
  #magicSeen = false;

  constructor(options: Partial<ClientOptions> = {}, greets = true) {
    const wheel = new Wheel(this.clock, (run) => {
      this.turn.enter();
      run();
      this.turn.leave();
    });
    this.session = new ClientSession(
      this.wire,
      { ...DEFAULT_CLIENT_OPTIONS, ...options },
      { turn: this.turn, wheel },
      {
        onFree: () => this.events.push('free'),
        onDraining: () => this.events.push('draining'),
        onGone: () => this.events.push('gone'),
      },
    );
    if (!greets) return;
    this.receive(settings(), settingsAck());
    this.frames();
    this.events.length = 0;
  }

  /** Starts a request; without a body (`length` 0) it is complete. */
  request(method = 'GET', length = 0, ...headers: string[]): Got {
    const got = new Got(this.session.lease());
    got.stream.start(method, 'cart:80', '/items', HeaderList.of(...headers), length, got);
    return got;
  }

  receive(...parts: Buffer[]): void {
    this.turn.enter();
    this.wire.receive(Buffer.concat(parts));
    this.turn.leave();
  }

  frames(): Frame[] {
    let text = this.wire.output;
    this.wire.output = '';
    if (!this.#magicSeen) {
      if (!text.startsWith(MAGIC)) throw new Error('no connection preface');
      this.#magicSeen = true;
      text = text.slice(MAGIC.length);
    }
    return this.#parser.push(Buffer.from(text, 'latin1'));
  }

  said(): string[] {
    return this.frames().map(inWords);
  }

  get brokenBy(): number {
    const last = this.frames().findLast((each) => each.type === 'GOAWAY');
    return last && this.wire.over ? last.code : -1;
  }
}
