import { VirtualClock } from '../../../shared/time/virtual-clock.ts';
import { Wheel } from '../../../shared/time/wheel.ts';
import { DateText } from '../../../sidecar/codec/http1/date-text.ts';
import {
  DEFAULT_SERVER_SETTINGS,
  type ServerOptions,
  type ServerSettings,
} from '../../../sidecar/codec/http2/server-options.ts';
import { ServerSession } from '../../../sidecar/codec/http2/server-session.ts';
import type { Exchange, RequestSink } from '../../../sidecar/core/exchange.ts';
import { HeaderList } from '../../../sidecar/core/headers.ts';
import { Turn } from '../../../sidecar/core/turn.ts';
import { linesOf } from '../exchange.ts';
import { FakeWire } from '../fake-wire.ts';
import { type Frame, FrameParser, MAGIC, settings, settingsAck } from './frames.ts';
import { PATIENT } from './node.ts';

/** What a handler saw of one request. */
export class Seen implements RequestSink {
  readonly x: Exchange;
  body = '';
  ended = false;
  trailers: string[] = [];
  aborted = '';
  drains = 0;
  /** What `onData` answers. */
  takes = true;

  constructor(x: Exchange) {
    this.x = x;
  }

  onData(chunk: Uint8Array): boolean {
    this.body += Buffer.from(chunk).toString('latin1');
    return this.takes;
  }

  onEnd(trailers: HeaderList | null): void {
    this.ended = true;
    if (trailers) this.trailers = linesOf(trailers);
  }

  onAbort(failure: string): void {
    this.aborted = failure;
  }

  onDrain(): void {
    this.drains += 1;
  }

  get headers(): string[] {
    return linesOf(this.x.headers);
  }

  /** Answers with `text`, complete. */
  answer(status = 200, text = '', ...headers: string[]): void {
    this.x.stream.respond(status, HeaderList.of(...headers), text.length);
    if (text !== '') this.x.stream.write(Buffer.from(text, 'latin1'));
    this.x.stream.end(null);
  }
}

/** A server session on a wire in memory, in virtual time. `receive` is what the client sends. */
export class ServerBench {
  readonly wire = new FakeWire();
  readonly clock = new VirtualClock();
  readonly turn = new Turn(this.clock);
  readonly seen: Seen[] = [];
  readonly refusals: [status: number, reason: string][] = [];
  readonly protocolErrors: string[] = [];
  closed = 0;
  readonly session: ServerSession;
  readonly #parser = new FrameParser();
  readonly #frames: Frame[] = [];

  /** `greets`: the client's preface, SETTINGS and acknowledgement came, and our own greeting is read over. */
  constructor(
    options: Partial<ServerOptions> = {},
    announced: Partial<ServerSettings> = {},
    greets = true,
    begin: (seen: Seen) => void = () => {},
  ) {
    const wheel = new Wheel(this.clock, (run) => {
      this.turn.enter();
      run();
      this.turn.leave();
    });
    const peer = { remoteAddress: '10.0.0.1', remotePort: 1, localAddress: '10.0.0.2', localPort: 2 };
    this.session = new ServerSession(
      this.wire,
      peer,
      { ...PATIENT, ...options },
      { ...DEFAULT_SERVER_SETTINGS, ...announced },
      {
        turn: this.turn,
        wheel,
        date: new DateText(this.clock),
        handler: {
          begin: (x) => {
            const seen = new Seen(x);
            this.seen.push(seen);
            begin(seen);
            return seen;
          },
        },
        owner: {
          onBadRequest: (_stream, status, reason) => this.refusals.push([status, reason]),
          onProtocolError: (_session, reason) => this.protocolErrors.push(reason),
          onClosed: () => {
            this.closed += 1;
          },
        },
      },
    );
    if (!greets) return;
    this.receive(MAGIC, settings(), settingsAck());
    this.frames();
  }

  receive(...parts: (Buffer | string)[]): void {
    this.turn.enter();
    this.wire.receive(
      Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))),
    );
    this.turn.leave();
  }

  /** Frames sent since the last call. */
  frames(): Frame[] {
    const text = this.wire.output;
    this.wire.output = '';
    this.#frames.push(...this.#parser.push(Buffer.from(text, 'latin1')));
    return this.#frames.splice(0);
  }

  /** As words: `HEADERS 1 :status: 200 END`, `DATA 1 "abc"`, `RST_STREAM 3 7`, ... */
  said(): string[] {
    return this.frames().map(inWords);
  }

  /** The error code of the GOAWAY that ended the connection; -1 = it lives, or ended otherwise. */
  get brokenBy(): number {
    const last = this.frames().findLast((each) => each.type === 'GOAWAY');
    return last && this.wire.over ? last.code : -1;
  }
}

export function inWords(frame: Frame): string {
  const end = (frame.flags & 1) !== 0 ? ' END' : '';
  switch (frame.type) {
    case 'HEADERS':
      return `HEADERS ${frame.id} ${frame.fields.join(', ')}${end}`;
    case 'DATA':
      return `DATA ${frame.id} ${JSON.stringify(frame.payload.toString('latin1'))}${end}`;
    case 'RST_STREAM':
      return `RST_STREAM ${frame.id} ${frame.code}`;
    case 'GOAWAY':
      return `GOAWAY ${frame.payload.readUInt32BE(0)} ${frame.code}`;
    case 'WINDOW_UPDATE':
      return `WINDOW_UPDATE ${frame.id} ${frame.payload.readUInt32BE(0)}`;
    case 'SETTINGS':
    case 'PING':
      return `${frame.type}${(frame.flags & 1) !== 0 ? ' ACK' : ''}`;
    default:
      return `${frame.type} ${frame.id}`;
  }
}
