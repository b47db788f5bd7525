import type { Exchange } from '../core/exchange.ts';
import type { Filter, LocalReply, Verdict } from '../core/filter.ts';
import { HeaderList } from '../core/headers.ts';
import type { BufferPlan } from '../core/plan/buffer.ts';
import type { Cell, Stats } from '../core/stats.ts';

const TOO_LARGE: LocalReply = Object.freeze({ status: 413, flags: 0, detail: 'request payload too large' });

/**
 * Envoy's buffer filter: a request goes on when its last byte is there, and is answered by 413 once it has more bytes than it
 * may; no endpoint sees any of it then. A route or virtual host may set another limit. What has no end, an exchange that
 * switches protocols, passes.
 */
export class WholeRequest implements Filter {
  readonly name: string;
  readonly #plan: BufferPlan;
  readonly #tooLarge: Cell;

  /** `prefix`: stat prefix of the HTTP connection manager. */
  constructor(name: string, plan: BufferPlan, prefix: string, stats: Stats) {
    this.name = name;
    this.#plan = plan;
    this.#tooLarge = stats.counter('http', prefix, 'downstream_rq_too_large');
  }

  onRequest(x: Exchange): Verdict {
    if (x.bodyLength === 0 || x.protocol !== '') return null;
    const most = this.#mostOf(x);
    if (x.bodyLength > most || x.bytesReceived > most) return this.#refuse();
    if (x.requestDone > 0) return null;
    if (x.headers.has('expect')) {
      // The endpoint, whose word it would be, is asked only when the body is there.
      x.headers.remove('expect');
      x.stream.inform(100, HeaderList.of());
    }
    x.stream.resume();
    return 'pause';
  }

  onRequestData(x: Exchange, proceed: (verdict: LocalReply | null) => void, ended: boolean): void {
    if (x.bytesReceived > this.#mostOf(x)) proceed(this.#refuse());
    else if (ended) proceed(null);
  }

  #mostOf({ filterConfig }: Exchange): number {
    const override = filterConfig === null ? undefined : filterConfig[this.name];
    const own = override === undefined || typeof override === 'string' || !('maxRequestBytes' in override);
    return own ? this.#plan.maxRequestBytes : override.maxRequestBytes;
  }

  #refuse(): LocalReply {
    this.#tooLarge.inc();
    return TOO_LARGE;
  }
}
