/**
 * What one request and its response cost in the codec alone: both heads parsed, both written again, through the same
 * sessions as in the sidecar, on wires that only count. Run by hand: node test/bench/http1-parse.ts [PART OF A NAME]
 */
import { systemClock } from '../../shared/time/clock.ts';
import { Wheel } from '../../shared/time/wheel.ts';
import { ClientSession } from '../../sidecar/codec/http1/client-session.ts';
import { DateText } from '../../sidecar/codec/http1/date-text.ts';
import { RequestParser } from '../../sidecar/codec/http1/request-parser.ts';
import { ResponseParser } from '../../sidecar/codec/http1/response-parser.ts';
import { ServerSession } from '../../sidecar/codec/http1/server-session.ts';
import type { AttemptSink, Exchange, RequestSink } from '../../sidecar/core/exchange.ts';
import type { HeaderList } from '../../sidecar/core/headers.ts';
import { Turn } from '../../sidecar/core/turn.ts';
import type { Wire, WireSink } from '../../sidecar/core/wire.ts';
import { OPTIONS } from '../support/http1-observed.ts';

const lines = (...list: string[]): string => `${list.join('\r\n')}\r\n\r\n`;
const body = 'x'.repeat(100);
const SHAPES = {
  bare: {
    request: lines('GET /path HTTP/1.1', 'Host: cart.default:8080', 'User-Agent: wrk'),
    response:
      lines(
        'HTTP/1.1 200 OK',
        'Server: nginx',
        'Date: Tue, 24 Nov 2026 08:00:00 GMT',
        'Content-Type: text/plain',
        'Content-Length: 100',
        'Connection: keep-alive',
      ) + body,
  },
  browser: {
    request: lines(
      'GET /shop/articles/4711?ref=front&lang=en HTTP/1.1',
      'Host: shop.default.svc.cluster.local:8080',
      'Connection: keep-alive',
      'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24"',
      'sec-ch-ua-mobile: ?0',
      'sec-ch-ua-platform: "Linux"',
      'Upgrade-Insecure-Requests: 1',
      'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
      'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
      'Sec-Fetch-Site: same-origin',
      'Sec-Fetch-Mode: navigate',
      'Accept-Encoding: gzip, deflate, br, zstd',
      'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
      'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; cart=42',
      'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    ),
    response:
      lines(
        'HTTP/1.1 200 OK',
        'Server: nginx/1.22.1',
        'Date: Tue, 24 Nov 2026 08:00:00 GMT',
        'Content-Type: text/html; charset=utf-8',
        'Content-Length: 100',
        'Cache-Control: private, max-age=0',
        'ETag: "5f3e-1a2b3c4d"',
        'Vary: Accept-Encoding',
        'X-Frame-Options: SAMEORIGIN',
      ) + body,
  },
};

class CountingWire implements Wire {
  sink: WireSink = { onBytes() {}, onDrain() {}, onEof() {}, onClose() {} };
  readonly backedUp = false;
  written = 0;
  #text = '';

  text(text: string): void {
    this.#text += text;
  }

  bytes(chunk: Uint8Array): boolean {
    this.#text += (chunk as unknown as { latin1Slice(): string }).latin1Slice();
    return true;
  }

  /** As a socket does at the end of a turn: the text is flattened and copied out. */
  flush(): void {
    this.written += out.latin1Write(this.#text, 0);
    this.#text = '';
  }

  pause(): void {}
  resume(): void {}
  end(): void {}
  close(): void {
    throw new Error('closed');
  }
  destroy(): void {
    throw new Error('destroyed');
  }
}
const out = Buffer.alloc(4096) as Buffer & { latin1Write(text: string, at: number): number };

class Relay implements RequestSink, AttemptSink {
  readonly #x: Exchange;

  constructor(x: Exchange, client: ClientSession) {
    this.#x = x;
    client.start(x.method, x.authority, x.path, x.headers, x.bodyLength, this);
  }

  onInform(): void {}
  onStart(status: number, headers: HeaderList, length: number): void {
    this.#x.stream.respond(status, headers, length);
  }
  onData(chunk: Uint8Array): boolean {
    return this.#x.stream.write(chunk);
  }
  onEnd(trailers: HeaderList | null): void {
    if (this.#x.requestDone === 0) this.#x.requestDone = 1;
    else this.#x.stream.end(trailers);
  }
  onFailure(): void {
    throw new Error('failed');
  }
  onAbort(): void {
    throw new Error('aborted');
  }
  onDrain(): void {}
}

function measure(name: string, run: (rounds: number) => void): void {
  if (!name.includes(process.argv[2] ?? '')) return;
  run(200_000);
  const times: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    // CPU time, as the machine may have other work.
    const before = process.cpuUsage();
    run(100_000);
    const { user, system } = process.cpuUsage(before);
    times.push(((user + system) * 1e3) / 100_000);
  }
  times.sort((left, right) => left - right);
  console.log(`${name.padEnd(34)} ${Math.round(times[3] as number)} ns (best ${Math.round(times[0] as number)})`);
}

const ignore = { onHead() {}, onBody() {}, onComplete() {} };
for (const [name, { request, response }] of Object.entries(SHAPES)) {
  const [buffer, answers] = [Buffer.alloc(65_536), Buffer.alloc(65_536)];
  const requestBytes = Buffer.from(request);
  const responseBytes = Buffer.from(response);
  const requests = new RequestParser(OPTIONS, ignore);
  buffer.set(requestBytes);
  measure(`${name}: request head, parsed`, (rounds) => {
    for (let round = 0; round < rounds; round += 1) {
      requests.execute(buffer, 0, requestBytes.length);
      requests.next();
    }
  });
  const responses = new ResponseParser(OPTIONS, ignore);
  answers.set(responseBytes);
  measure(`${name}: response head, parsed`, (rounds) => {
    for (let round = 0; round < rounds; round += 1) {
      responses.execute(answers, 0, responseBytes.length);
      responses.next();
    }
  });
  const turn = new Turn(systemClock);
  const [down, up] = [new CountingWire(), new CountingWire()];
  const client = new ClientSession(up, { onIdle() {}, onGone() {} });
  const peer = { remoteAddress: '', remotePort: 0, localAddress: '', localPort: 0 };
  new ServerSession(down, peer, OPTIONS, {
    handler: { begin: (x) => new Relay(x, client) },
    owner: { onBadRequest() {}, onClosed() {} },
    turn,
    wheel: new Wheel(systemClock),
    date: new DateText(systemClock),
    scheme: 'http',
  });
  measure(`${name}: pair through both sessions`, (rounds) => {
    for (let round = 0; round < rounds; round += 1) {
      turn.enter();
      down.sink.onBytes(buffer, requestBytes.length);
      up.flush();
      turn.leave();
      turn.enter();
      up.sink.onBytes(answers, responseBytes.length);
      down.flush();
      turn.leave();
    }
  });
}
