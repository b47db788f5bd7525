import type { Hash64 } from '../../shared/struct/hash64.ts';

/**
 * A hash of one request, the subset of endpoints that it is for, and the endpoint that it is to go to as long as that can be
 * had. Only the first attempt prefers it, unless no other will do (as in Envoy).
 */
export class Preference implements Hash64 {
  readonly high: number;
  readonly low: number;
  /** `ip:port`; '' = none yet. */
  readonly endpoint: string;
  /** No other endpoint will do. */
  readonly strict: boolean;
  /** The JSON of a SubsetKey; '' = none. */
  readonly subset: string;
  #asked = false;

  constructor({ high, low }: Hash64, endpoint: string, strict: boolean, subset = '') {
    this.high = high;
    this.low = low;
    this.endpoint = endpoint;
    this.strict = strict;
    this.subset = subset;
  }

  /** The endpoint to look for now; '' = none. */
  take(): string {
    if (this.#asked && !this.strict) return '';
    this.#asked = true;
    return this.endpoint;
  }
}
