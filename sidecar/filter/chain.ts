import type { Exchange } from '../core/exchange.ts';
import type { Filter, LocalReply } from '../core/filter.ts';
import type { HeaderList } from '../core/headers.ts';

/**
 * The run of one request (or attempt) through filters, in their order; responses pass them in reverse. Each filter whose
 * onRequest was called gets its onEnd once, however the run ends. Where there are no filters, no run is made.
 */
export class ChainRun {
  readonly #filters: readonly Filter[];
  readonly #x: Exchange;
  readonly #done: (reply: LocalReply | null) => void;
  /** How many filters have begun, and bits of those that the route has disabled. */
  #begun = 0;
  #disabled = 0;
  #paused = false;
  #ended = false;

  /** `done` is called once unless the run is ended first: with null when all let the request pass, else with a reply. */
  constructor(filters: readonly Filter[], x: Exchange, done: (reply: LocalReply | null) => void) {
    this.#filters = filters;
    this.#x = x;
    this.#done = done;
  }

  /** Begins; `done` may be called before this returns. */
  start(): void {
    this.#advance();
  }

  /** More of the request body came, or with `ended` the last of it; true when the filter that pauses takes it as it comes. */
  body(ended: boolean): boolean {
    const filter = this.#paused ? (this.#filters[this.#begun - 1] as Filter) : null;
    if (filter === null || filter.onRequestData === undefined) return false;
    filter.onRequestData(this.#x, this.#proceed, ended);
    return true;
  }

  /** The head of the response, before it is sent. */
  response(status: number, headers: HeaderList): void {
    if (this.#ended) return;
    for (let at = this.#begun - 1; at >= 0; at -= 1)
      if (this.#acts(at)) (this.#filters[at] as Filter).onResponse?.(this.#x, status, headers);
  }

  /** The exchange (or attempt) is over; gives up a pause, too. Calling it again does nothing. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#paused = false;
    for (let at = this.#begun - 1; at >= 0; at -= 1)
      if (this.#acts(at)) (this.#filters[at] as Filter).onEnd?.(this.#x, this.#proceed);
  }

  #advance(): void {
    const filters = this.#filters;
    while (this.#begun < filters.length) {
      const filter = filters[this.#begun] as Filter;
      this.#begun += 1;
      if (this.#isDisabled(filter)) {
        this.#disabled |= 1 << (this.#begun - 1);
        continue;
      }
      this.#paused = true;
      const verdict = filter.onRequest(this.#x, this.#proceed);
      // The filter may have called back already, or ended the exchange.
      if (verdict === 'pause' || this.#ended || !this.#paused) return;
      this.#paused = false;
      if (verdict !== null) {
        this.#done(verdict);
        return;
      }
    }
    this.#done(null);
  }

  #isDisabled(filter: Filter): boolean {
    const { filterConfig } = this.#x;
    return filterConfig !== null && filterConfig[filter.name] === 'disabled';
  }

  #acts(at: number): boolean {
    return (this.#disabled & (1 << at)) === 0;
  }

  readonly #proceed = (reply: LocalReply | null): void => {
    if (!this.#paused) return;
    this.#paused = false;
    if (reply !== null) this.#done(reply);
    else this.#advance();
  };
}
