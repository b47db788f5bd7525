import type { Exchange, RequestSink } from './exchange.ts';
import type { HeaderList } from './headers.ts';

/** A reply that the sidecar makes itself. `detail` is the human sentence of the log and, unless `body`, the body. */
export interface LocalReply {
  readonly status: number;
  /** RESPONSE_FLAG bits. */
  readonly flags: number;
  readonly detail: string;
  readonly body?: string;
  readonly grpcStatus?: number;
  readonly headers?: readonly string[];
  /** Outlier detection takes no notice of it (in a chain per attempt). */
  readonly exempt?: boolean;
}

/** `null` = go on; `'pause'` = `proceed` will be called later; else answer with this. */
export type Verdict = null | 'pause' | LocalReply;

/**
 * One filter, made at configuration time and shared by all requests; what belongs to one request it keeps in the state
 * that it returns. The same contract serves the chain per request and the chain per attempt.
 */
export interface Filter {
  readonly name: string;
  /**
   * The head is routed (or, per attempt, about to be sent). After 'pause' the filter calls `proceed` exactly once, with
   * null or a reply, unless `cancel` came first.
   */
  onRequest(x: Exchange, proceed: (verdict: LocalReply | null) => void): Verdict;
  /**
   * While this filter pauses: more of the request body has come (`x.bytesReceived` so far), or with `ended` all of it. A filter
   * with this method gets a body of any length, which is kept for it: it bounds that itself.
   */
  onRequestData?(x: Exchange, proceed: (verdict: LocalReply | null) => void, ended: boolean): void;
  /**
   * The exchange (or attempt) is over, however; called once for every onRequest, with the same `proceed`, which tells
   * attempts of one exchange apart. Gives up a pause, too.
   */
  onEnd?(x: Exchange, proceed: (verdict: LocalReply | null) => void): void;
  /** The head of the response, before it is sent. */
  onResponse?(x: Exchange, status: number, headers: HeaderList): void;
}

/** A filter that changes bodies stands around the whole exchange, and not in a chain. At most one for a listener. */
export interface EnclosingFilter {
  /** Whether it has something to do with an exchange; the rest is called only then. */
  encloses(x: Exchange): boolean;
  /**
   * Before the route is known: puts a stream of its own in place of `x.stream`, and returns what takes the request body.
   * `refuse` answers the client, or breaks the response off when it has begun.
   */
  enclose(x: Exchange, sink: RequestSink, refuse: (reply: LocalReply) => void): RequestSink;
  /** The route is known, the other filters come next. */
  routed(x: Exchange): void;
}
