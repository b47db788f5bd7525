import type { Hash64 } from '../../shared/struct/hash64.ts';
import type { HeaderList } from './headers.ts';
import type { Failure } from './outcome.ts';
import type { FilterOverrides } from './plan/filter-override.ts';
import type { Detour } from './pool.ts';
import type { TlsFacts } from './tls.ts';

/**
 * One request and its answer, independent of the protocol on either side. One object of fixed shape per request, never
 * pooled. Whoever holds it may read all of it; the comments say who writes.
 */
export class Exchange {
  // Written by the downstream codec, from the head.
  /** Replaced by a filter that stands around the exchange. */
  stream: ServerStream;
  /** As received: tokens are case-sensitive. */
  method: string;
  /** Origin form with query; `*` for OPTIONS *; rewritten by the route. */
  path: string;
  /** Host header or :authority, as received; '' for HTTP/1.0 without one. Rewritten by the route. */
  authority: string;
  scheme: string;
  /** 10, 11 or 20. */
  readonly version: number;
  headers: HeaderList;
  /** Content-Length, 0 for no body, -1 when chunked or otherwise open, or when a filter changes the body. */
  bodyLength: number;
  /** Monotonic ms of the head's first byte. */
  readonly started: number;

  /**
   * What the client wants to switch to: `:protocol` of an extended CONNECT (RFC 8441), or the Upgrade of an HTTP/1.1 request;
   * '' for every other request. Who handles the exchange sets it to '' when it goes on as an ordinary request; the codec
   * reports the end of the request (`RequestSink.onEnd`) only if that is done before the head is wholly taken, and else notes
   * `requestDone`. After a response of 101 data flows both ways as in a body.
   */
  protocol = '';

  // Written by http/forward and the filters as the request lives.
  requestId = '';
  /** RESPONSE_FLAG bits. */
  flags = 0;
  /** Name of the matched route, '' if unnamed or none; and of the virtual host. */
  routeName = '';
  virtualHost = '';
  /** Name of the cluster chosen by the route. */
  cluster = '';
  /** Which of the route's weighted clusters was chosen: its header mutations apply. */
  choice = 0;
  /** What the request is to stick to its endpoint by, for a cluster that balances by hash; else null. */
  hash: Hash64 | null = null;
  /** Requests that were in flight at the service when this one came; -1 = nobody wants to know. */
  inFlight = -1;
  /** A Set-Cookie that keeps the client at that endpoint; '' = none is to be set. */
  affinityCookie = '';
  /** Per-filter overrides of the matched route and its virtual host, null = none. */
  filterConfig: FilterOverrides | null = null;
  /** Faults on the way to the endpoint: of every attempt, and of the attempt that begins now (taken by it). */
  detour: Detour | null = null;
  attemptDetour: Detour | null = null;
  /** ip:port of the endpoint of the last attempt. */
  upstream = '';
  /** Attempts begun, the first included. */
  attempts = 0;
  /** Monotonic ms at which the whole must be over; 0 = never. */
  deadline = 0;
  /** Status sent downstream; 0 = none yet. */
  status = 0;
  /** It is a gRPC call, by its content-type. */
  grpc = false;
  /** The client takes the trailers of a gRPC response in its body. */
  grpcWeb = false;
  /** What came of a gRPC call, wherever it was said, or what the client takes it for; -1 = nothing yet. */
  grpcStatus = -1;
  /** The human sentence: why a local reply was made, or via_upstream. */
  detail = '';
  bytesReceived = 0;
  bytesSent = 0;
  /** Monotonic ms of the request's last byte, the response's first and last byte downstream; 0 = not yet. */
  requestDone = 0;
  responseStart = 0;
  ended = 0;

  constructor(
    stream: ServerStream,
    version: number,
    method: string,
    scheme: string,
    authority: string,
    path: string,
    headers: HeaderList,
    bodyLength: number,
    started: number,
  ) {
    this.stream = stream;
    this.version = version;
    this.method = method;
    this.scheme = scheme;
    this.authority = authority;
    this.path = path;
    this.headers = headers;
    this.bodyLength = bodyLength;
    this.started = started;
  }
}

/** Where a listener's codec hands over what it parsed. */
export interface ExchangeHandler {
  /** A request head is complete. The answer comes by `x.stream`, now or later; the body goes to the returned sink. */
  begin(x: Exchange): RequestSink;
}

/** Takes the request body. Chunks are borrowed until return: copy what must live longer. */
export interface RequestSink {
  /** False = pause: the codec stops reading until `stream.resume()`. */
  onData(chunk: Uint8Array): boolean;
  /** The request is complete. */
  onEnd(trailers: HeaderList | null): void;
  /** The client went away or broke the protocol before the exchange was over. Called at most once, nothing follows. */
  onAbort(failure: 'reset' | 'protocol' | 'timeout'): void;
  /** What was written by `stream.write` has left; after a write that returned false. */
  onDrain(): void;
}

/** The downstream side of one exchange, answered by the one who handles it. */
export interface ServerStream {
  /** Who is at the other end of the connection. */
  readonly peer: Peer;
  /** An informational response (1xx). */
  inform(status: number, headers: HeaderList): void;
  /**
   * The head of the final response. `length`: exact body length, 0 for none, -1 for unknown (chunked, or until close
   * for HTTP/1.0). The framing headers are the codec's: `headers` must not hold content-length or transfer-encoding
   * except for the content-length of an answer to HEAD or a 304, which is passed on.
   */
  respond(status: number, headers: HeaderList, length: number): void;
  /** Body bytes, borrowed until return. False = the client is slow: wait for `RequestSink.onDrain`. */
  write(chunk: Uint8Array): boolean;
  end(trailers: HeaderList | null): void;
  /** Breaks the response off so that the client notices: truncated, never ended as if whole. */
  reset(): void;
  /** Stops and restarts the request body. */
  pause(): void;
  resume(): void;
  /** For this exchange instead of the connection manager's stream idle timeout: ms, 0 = never. */
  idleTimeout(ms: number): void;
}

export interface Peer {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Of the connection to the client; null or absent = it is plain. */
  readonly tls?: TlsFacts | null;
}

/** Takes what an upstream attempt brings. `onData` chunks are borrowed until return. */
export interface AttemptSink {
  onInform(status: number, headers: HeaderList): void;
  /** `length` as in `respond`. */
  onStart(status: number, headers: HeaderList, length: number): void;
  /** False = pause: the codec stops reading until `resume()`. */
  onData(chunk: Uint8Array): boolean;
  onEnd(trailers: HeaderList | null): void;
  /**
   * After a switch of protocols: the upstream has said all; the other direction goes on until `end`, then `onEnd` comes.
   * Without this method all ends at once.
   */
  onHalfClosed?(): void;
  /** Ends the attempt; nothing follows. */
  onFailure(failure: Failure): void;
  /** The connection takes request body again after a `write` that returned false. */
  onDrain(): void;
}

/** The upstream side of one attempt: an HTTP/1.1 connection while it is leased, or an HTTP/2 stream. */
export interface ClientStream {
  /** Bytes of this request handed to the operating system so far: 0 means surely never sent (decision D11). */
  readonly written: number;
  /**
   * Sends the head. `length` as in `ServerStream.respond`, of the request body. `protocol`: to be switched to; a 101 to
   * `onStart` says that it was, and then the body is open both ways.
   */
  start(
    method: string,
    authority: string,
    path: string,
    headers: HeaderList,
    length: number,
    sink: AttemptSink,
    protocol?: string,
  ): void;
  write(chunk: Uint8Array): boolean;
  end(trailers: HeaderList | null): void;
  /** Gives the attempt up: nothing more reaches the sink. */
  cancel(): void;
  pause(): void;
  resume(): void;
}
