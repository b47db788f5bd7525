import type { Exchange, RequestSink } from '../../core/exchange.ts';
import type { EnclosingFilter, LocalReply } from '../../core/filter.ts';
import { H } from '../../core/headers.ts';
import { GrpcWebBridge, textIn } from './bridge.ts';

const CONTENT_TYPE = H['content-type'];

/**
 * Envoy's gRPC-Web filter: clients that have neither HTTP/2 nor trailers, such as browsers, call gRPC services. As there,
 * the route is found by the request as it came.
 */
export class GrpcWebFilter implements EnclosingFilter {
  readonly #name: string;
  readonly #disabled: boolean;

  /** `disabled`: it acts only where a route or virtual host says so. */
  constructor(name: string, disabled: boolean) {
    this.#name = name;
    this.#disabled = disabled;
  }

  encloses(x: Exchange): boolean {
    return textIn(x.headers.getKnown(CONTENT_TYPE)) !== null;
  }

  enclose(x: Exchange, sink: RequestSink, refuse: (reply: LocalReply) => void): RequestSink {
    const bridge = new GrpcWebBridge(x, sink, refuse);
    x.stream = bridge;
    return bridge;
  }

  routed(x: Exchange): void {
    if (!(x.stream instanceof GrpcWebBridge)) return;
    const own = x.filterConfig === null ? undefined : x.filterConfig[this.#name];
    x.stream.settle(own === undefined ? !this.#disabled : own !== 'disabled');
  }
}
