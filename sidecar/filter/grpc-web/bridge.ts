import type { Exchange, Peer, RequestSink, ServerStream } from '../../core/exchange.ts';
import type { LocalReply } from '../../core/filter.ts';
import { grpcMessageOf, grpcOfHttp } from '../../core/grpc.ts';
import { H, type HeaderList } from '../../core/headers.ts';
import { Base64Decoder } from './base64-decoder.ts';
import { MessageEncoder } from './message-encoder.ts';

const CONTENT_TYPE = H['content-type'];
const BINARY = 'application/grpc-web+proto';
const TEXT = 'application/grpc-web-text+proto';
/** First byte of the frame that holds the trailers. */
const TRAILERS = 0x80;
/** Of an answer that is not gRPC, so much becomes the message: more would not fit into a header of most clients. */
const LONGEST_MESSAGE = 4_096;

const NOT_BASE64: LocalReply = Object.freeze({
  status: 400,
  flags: 0,
  detail: 'the body of the gRPC-Web request is not base64',
});

/** Of a content type: null = no gRPC-Web, else whether it is base64. */
export function textIn(contentType: string | undefined): boolean | null {
  if (contentType?.startsWith('application/grpc-web') !== true) return null;
  const [type = ''] = contentType.split(';', 1);
  switch (type.trimEnd()) {
    case 'application/grpc-web':
    case BINARY:
      return false;
    case 'application/grpc-web-text':
    case TEXT:
      return true;
    default:
      return null;
  }
}

/**
 * Stands between a client that speaks gRPC-Web and an exchange that is gRPC: base64 of the request is undone, trailers of
 * the response become the last frame of its body, and what is not gRPC becomes a gRPC status. Source: gRPC's
 * PROTOCOL-WEB.md and Envoy's gRPC-Web filter.
 */
export class GrpcWebBridge implements RequestSink, ServerStream {
  readonly #x: Exchange;
  /** The client's side, and the exchange's. */
  readonly #client: ServerStream;
  readonly #sink: RequestSink;
  readonly #refuse: (reply: LocalReply) => void;
  readonly #decoder: Base64Decoder | null;
  #encoder: MessageEncoder | null = null;
  /** What came before the route was known, which may say that nothing is to be done here; null once it is. */
  #early: Buffer[] | null;
  #earlyEnd: { readonly trailers: HeaderList | null } | null = null;
  #off = false;
  /** The head of an answer that is not gRPC, while its body comes. */
  #held: { readonly status: number; readonly headers: HeaderList } | null = null;
  #heldText: Buffer[] = [];
  #heldBytes = 0;
  /** The client has had all, and its side may serve another exchange. */
  #over = false;

  /** Of an exchange whose request is gRPC-Web. */
  constructor(x: Exchange, sink: RequestSink, refuse: (reply: LocalReply) => void) {
    const text = textIn(x.headers.getKnown(CONTENT_TYPE)) === true;
    this.#x = x;
    this.#client = x.stream;
    this.#sink = sink;
    this.#refuse = refuse;
    this.#decoder = text ? new Base64Decoder() : null;
    this.#early = text ? [] : null;
    // Envoy: the request's own encoding does not matter for the response.
    if (textIn(x.headers.get('accept')) === true) this.#encoder = new MessageEncoder();
  }

  get peer(): Peer {
    return this.#client.peer;
  }

  /** The route is known: `on` makes gRPC of the request, else it goes on as it is. */
  settle(on: boolean): void {
    this.#off = !on;
    if (on) {
      const { headers } = this.#x;
      headers.set('content-type', 'application/grpc');
      headers.set('te', 'trailers');
      if (!headers.has('grpc-accept-encoding')) headers.add('grpc-accept-encoding', 'identity');
      this.#x.grpc = true;
      this.#x.grpcWeb = true;
      if (this.#decoder !== null) this.#x.bodyLength = -1;
    }
    const early = this.#early;
    if (early === null) return;
    this.#early = null;
    if (early.length === 0) {
      if (this.#earlyEnd !== null) this.onEnd(this.#earlyEnd.trailers);
      return;
    }
    let flows = true;
    for (const chunk of early) flows = this.onData(chunk);
    if (this.#earlyEnd !== null) this.onEnd(this.#earlyEnd.trailers);
    else if (flows && !this.#over) this.#client.resume();
  }

  onData(chunk: Uint8Array): boolean {
    if (this.#over) return true;
    if (this.#early !== null) {
      this.#early.push(Buffer.from(chunk));
      return false;
    }
    if (this.#decoder === null || this.#off) return this.#sink.onData(chunk);
    const bytes = this.#decoder.decode(chunk);
    if (bytes === null) {
      this.#refuse(NOT_BASE64);
      return true;
    }
    this.#x.bytesReceived += chunk.length - bytes.length;
    return bytes.length === 0 || this.#sink.onData(bytes);
  }

  onEnd(trailers: HeaderList | null): void {
    if (this.#early !== null) this.#earlyEnd = { trailers };
    else if (this.#decoder === null || this.#off || this.#over || this.#decoder.whole) this.#sink.onEnd(trailers);
    else this.#refuse(NOT_BASE64);
  }

  onAbort(failure: 'reset' | 'protocol' | 'timeout'): void {
    this.#over = true;
    this.#sink.onAbort(failure);
  }

  onDrain(): void {
    this.#sink.onDrain();
  }

  inform(status: number, headers: HeaderList): void {
    this.#client.inform(status, headers);
  }

  respond(status: number, headers: HeaderList, length: number): void {
    if (this.#off) return this.#client.respond(status, headers, length);
    const given = headers.getKnown(CONTENT_TYPE);
    const grpc = status === 200 && given?.startsWith('application/grpc') === true;
    headers.set('content-type', this.#encoder === null ? BINARY : TEXT);
    headers.removeKnown(H['content-length']);
    if (length === 0) {
      if (!headers.has('grpc-status')) headers.add('grpc-status', String(grpcOfHttp(status)));
      this.#client.respond(status, headers, 0);
    } else if (grpc) this.#client.respond(status, headers, -1);
    else this.#held = { status, headers };
  }

  write(chunk: Uint8Array): boolean {
    if (this.#held !== null) {
      if (this.#heldBytes < LONGEST_MESSAGE) {
        const part = Buffer.from(chunk.subarray(0, LONGEST_MESSAGE - this.#heldBytes));
        this.#heldText.push(part);
        this.#heldBytes += part.length;
      }
      return true;
    }
    if (this.#encoder === null || this.#off) return this.#client.write(chunk);
    const text = this.#encoder.encode(chunk);
    this.#x.bytesSent += text.length - chunk.length;
    return text.length === 0 || this.#client.write(text);
  }

  end(trailers: HeaderList | null): void {
    this.#over = true;
    if (this.#off) return this.#client.end(trailers);
    const held = this.#held;
    if (held !== null) {
      const { headers, status } = held;
      if (!headers.has('grpc-status')) headers.add('grpc-status', String(grpcOfHttp(status)));
      headers.set('grpc-message', grpcMessageOf(Buffer.concat(this.#heldText).toString()));
      this.#client.respond(status, headers, 0);
    } else {
      this.#finish();
      if (trailers !== null) this.#sendTrailers(trailers);
    }
    this.#client.end(null);
  }

  reset(): void {
    this.#over = true;
    this.#client.reset();
  }

  pause(): void {
    this.#client.pause();
  }

  resume(): void {
    this.#client.resume();
  }

  idleTimeout(ms: number): void {
    this.#client.idleTimeout(ms);
  }

  /** What is left of a message that broke off. */
  #finish(): void {
    if (this.#encoder === null) return;
    const rest = this.#encoder.finish();
    if (rest.length === 0) return;
    this.#x.bytesSent += rest.length;
    this.#client.write(rest);
  }

  /** A frame of lines, as in HTTP/1.1 without the empty line at the end. */
  #sendTrailers(trailers: HeaderList): void {
    let lines = '';
    trailers.each((name, value) => {
      lines += `${name.toLowerCase()}:${value}\r\n`;
    });
    const text = Buffer.from(lines, 'latin1');
    const frame = Buffer.alloc(5 + text.length);
    frame[0] = TRAILERS;
    frame.writeUInt32BE(text.length, 1);
    frame.set(text, 5);
    const sent = this.#encoder === null ? frame : Buffer.from(frame.toString('base64'), 'latin1');
    this.#x.bytesSent += sent.length;
    this.#client.write(sent);
  }
}
