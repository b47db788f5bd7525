import type { HeaderList } from '../core/headers.ts';

/**
 * What the policy of a cluster measures of one endpoint in this worker. It lives as long as the endpoint under the same
 * policy; clusters whose policy measures nothing have none. `now` is monotonic ms.
 */
export interface Meter {
  /** The head of a response, `ttfb` ms after the attempt began. */
  head(status: number, headers: HeaderList, ttfb: number, now: number): void;
  /** An attempt that brought no response. */
  failed(now: number): void;
  /** Bytes that went to or came from the endpoint. */
  bytes(count: number, now: number): void;
  /** What came behind the body. */
  trailers(trailers: HeaderList, now: number): void;
}

/** A meter of nothing: others override what they look at. */
export abstract class IdleMeter implements Meter {
  head(_status: number, _headers: HeaderList, _ttfb: number, _now: number): void {}
  failed(_now: number): void {}
  bytes(_count: number, _now: number): void {}
  trailers(_trailers: HeaderList, _now: number): void {}
}
