import type { Random } from '../../shared/struct/random.ts';
import type { AttemptSink } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';
import { type Failure, RESPONSE_FLAG } from '../core/outcome.ts';
import type { ResponseFaultPlan } from '../core/plan/fault.ts';
import type { Detour, StreamSource } from '../core/pool.ts';
import type { Timing } from './broken-way.ts';
import type { FaultTerm } from './fault-term.ts';
import { Pacer } from './pacer.ts';
import { Way } from './way.ts';

/** Leaves responses as they are. */
export const UNSPOILED: ResponseFaultPlan = Object.freeze({
  percent: 0,
  bytesPerSecond: 0,
  slice: null,
  slowClose: 0,
  truncateAfter: -1,
  corruptEvery: 0,
  setHeaders: [],
  removeHeaders: [],
  dropTrailers: false,
});

/** Ways on which responses change as `plan` says. */
export function spoilage(plan: ResponseFaultPlan, exempt: boolean, timing: Timing, random: Random): Detour {
  const paced = plan.bytesPerSecond > 0 || plan.slice !== null || plan.slowClose > 0;
  const changed =
    plan.truncateAfter >= 0 ||
    plan.corruptEvery > 0 ||
    plan.dropTrailers ||
    plan.setHeaders.length + plan.removeHeaders.length > 0;
  const flag = (paced ? RESPONSE_FLAG.DI : 0) | (changed ? RESPONSE_FLAG.FI : 0);
  return {
    exempt,
    through(pool, noticed) {
      if (timing.term.over) return pool;
      noticed(flag);
      return new SpoiledWay(pool, plan, paced, timing, random);
    },
  };
}

/** Changes head, body and trailers on their way back, and lets them through in time. */
class SpoiledWay extends Way {
  readonly #plan: ResponseFaultPlan;
  readonly #random: Random;
  readonly #term: FaultTerm;
  readonly #pacer: Pacer | null;
  /** Bytes of the body that came, and where the next byte to be inverted stands. */
  #seen = 0;
  #next = -1;
  #head = false;

  constructor(source: StreamSource, plan: ResponseFaultPlan, paced: boolean, timing: Timing, random: Random) {
    super(source);
    this.#plan = plan;
    this.#random = random;
    this.#term = timing.term;
    this.#pacer = paced ? new Pacer(plan, timing) : null;
  }

  override start(
    method: string,
    authority: string,
    path: string,
    headers: HeaderList,
    length: number,
    sink: AttemptSink,
    protocol?: string,
  ): void {
    this.#head = method === 'HEAD';
    super.start(method, authority, path, headers, length, sink, protocol);
  }

  override onStart(status: number, headers: HeaderList, length: number): void {
    const { corruptEvery, removeHeaders, setHeaders, truncateAfter } = this.#plan;
    for (let at = 0; at < removeHeaders.length; at += 1) headers.remove(removeHeaders[at] as string);
    for (let at = 0; at < setHeaders.length; at += 1) {
      const [name, value] = setHeaders[at] as readonly [string, string];
      headers.set(name, value);
    }
    // A body of known length that ends early would be noticed.
    const told = truncateAfter >= 0 && length > truncateAfter && !this.#head ? -1 : length;
    if (corruptEvery > 0) this.#next = this.#drawn(0, length > 0 ? Math.min(corruptEvery, length) : corruptEvery);
    if (this.sink !== null) this.#pacer?.begin(this.sink, told, () => this.stream?.resume());
    super.onStart(status, headers, told);
  }

  override onData(chunk: Uint8Array): boolean {
    const { truncateAfter } = this.#plan;
    let kept = chunk;
    if (truncateAfter >= 0 && this.#seen + chunk.length > truncateAfter) {
      kept = chunk.subarray(0, Math.max(0, truncateAfter - this.#seen));
    }
    if (this.#plan.corruptEvery > 0 && !this.#term.over) kept = this.#corrupted(kept);
    this.#seen += chunk.length;
    if (kept.length === 0) return true;
    return this.#pacer === null ? super.onData(kept) : this.#pacer.take(kept);
  }

  override onHalfClosed(): void {
    if (this.#pacer === null) super.onHalfClosed();
    else this.#pacer.halfClose();
  }

  override onEnd(trailers: HeaderList | null): void {
    const passed = this.#plan.dropTrailers ? null : trailers;
    this.release();
    if (this.#pacer === null) this.sink?.onEnd(passed);
    else this.#pacer.end(passed);
  }

  override onFailure(failure: Failure): void {
    this.#pacer?.stop();
    super.onFailure(failure);
  }

  override cancel(): void {
    this.#pacer?.stop();
    super.cancel();
  }

  override resume(): void {
    if (this.#pacer === null) super.resume();
    else this.#pacer.resume();
  }

  /** A copy with the drawn bytes inverted; the chunk itself is borrowed. */
  #corrupted(chunk: Uint8Array): Uint8Array {
    const { corruptEvery } = this.#plan;
    const end = this.#seen + chunk.length;
    if (this.#next >= end) return chunk;
    const copy = Buffer.from(chunk);
    while (this.#next < end) {
      const at = this.#next - this.#seen;
      copy[at] = (copy[at] as number) ^ 0xff;
      this.#next = this.#drawn((Math.floor(this.#next / corruptEvery) + 1) * corruptEvery, corruptEvery);
    }
    return copy;
  }

  #drawn(from: number, run: number): number {
    return from + Math.floor(this.#random() * run);
  }
}
