import { uniqueHex } from '../../shared/struct/random.ts';
import type { Exchange } from '../core/exchange.ts';
import { H } from '../core/headers.ts';
import type { HttpManagerPlan } from '../core/plan/http-manager.ts';

/**
 * Request ids of one worker (decision D39): random once, then counted, so that an id costs a few nanoseconds. 80 random bits
 * and a counter of 40 in the shape of a version 4 UUID, which is what those who read x-request-id expect.
 */
export class RequestIds {
  readonly #head: string;
  readonly #tail: string;
  #count = 0;
  /** Text of the counter's upper part, made anew every 65,536 ids. */
  #upper = '';

  constructor(seed: string = uniqueHex(10)) {
    this.#head = `${seed.slice(0, 8)}-${seed.slice(8, 12)}-4${seed.slice(12, 15)}-${VARIANT[Number.parseInt(seed[15] as string, 16) & 3]}`;
    this.#tail = seed.slice(16, 19);
  }

  /** A new id: `xxxxxxxx-xxxx-4xxx-yxxx-` and the twelve digits of a counter. */
  next(): string {
    const count = this.#count;
    const lower = count & 0xffff;
    if (lower === 0) {
      this.#upper = `${this.#head}${this.#tail}-${Math.floor(count / 65_536)
        .toString(16)
        .padStart(8, '0')}`;
    }
    this.#count = count + 1;
    return this.#upper + (HEX[lower >>> 8] as string) + (HEX[lower & 255] as string);
  }

  /**
   * Gives the request its x-request-id and notes it in `x.requestId`. One that came along is kept, unless the request
   * crosses the edge of the mesh (use_remote_address) and external ids are not to be preserved.
   */
  stamp(x: Exchange, plan: Pick<HttpManagerPlan, 'useRemoteAddress' | 'preserveExternalRequestId'>): void {
    const { headers } = x;
    const given = headers.getKnown(H['x-request-id']);
    if (given !== undefined && given !== '' && (!plan.useRemoteAddress || plan.preserveExternalRequestId)) {
      x.requestId = given;
      return;
    }
    x.requestId = this.next();
    if (given !== undefined) headers.remove('x-request-id');
    headers.add('x-request-id', x.requestId);
  }
}

const VARIANT = ['8', '9', 'a', 'b'];

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
