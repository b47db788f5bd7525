/** Latencies kept per level of load. */
const KEPT = 16;
/** From so many latencies an estimate is made, if there are. */
const ENOUGH = 8;
/** Of fewer requests ever nothing can be said: who had a few small ones would look like the fastest of all. */
const FIRST = 32;
/** What is older says nothing of now, ms. */
const OLD = 10_000;
/** What a request that failed counts as, ms: who fails fast is not fast. */
const FAILURE = 5_000;
/** Levels: each number of requests in flight up to 32, then an eighth of a power of two. */
const FINE = 32;
const LEVELS = FINE + 8 * 16;

/**
 * The called side's answer to "how long would a request take here now": the median of the latest latencies of requests
 * that found about as many others in flight when they came. Source: the Prequal paper, section 4.1.
 */
export class LoadEstimate {
  readonly #latencies = new Float64Array(LEVELS * KEPT);
  /** Monotonic ms of each. */
  readonly #times = new Float64Array(LEVELS * KEPT);
  /** Per level: latencies ever. */
  readonly #seen = new Int32Array(LEVELS);
  readonly #scratch: number[] = [];
  #all = 0;

  /** A request took `latency` ms that found `inFlight` others when it came. */
  record(inFlight: number, latency: number, failed: boolean, now: number): void {
    const level = levelOf(inFlight);
    const seen = this.#seen[level] as number;
    const at = level * KEPT + (seen % KEPT);
    this.#latencies[at] = failed ? Math.max(latency, FAILURE) : latency;
    this.#times[at] = now;
    this.#seen[level] = seen + 1;
    this.#all += 1;
  }

  /** Ms at this level of load; 0 when that is not known. */
  at(inFlight: number, now: number): number {
    if (this.#all < FIRST) return 0;
    const level = levelOf(inFlight);
    const since = now - OLD;
    const found = this.#scratch;
    found.length = 0;
    this.#collect(level, since, found);
    for (let far = 1; far < LEVELS && found.length < ENOUGH; far += 1) {
      this.#collect(level - far, since, found);
      this.#collect(level + far, since, found);
    }
    found.sort((left, right) => left - right);
    return found[found.length >> 1] ?? 0;
  }

  #collect(level: number, since: number, into: number[]): void {
    if (level < 0 || level >= LEVELS) return;
    const count = Math.min(KEPT, this.#seen[level] as number);
    for (let at = level * KEPT; at < level * KEPT + count; at += 1) {
      if ((this.#times[at] as number) >= since) into.push(this.#latencies[at] as number);
    }
  }
}

function levelOf(inFlight: number): number {
  if (inFlight < FINE) return Math.max(0, inFlight);
  return Math.min(LEVELS - 1, FINE + Math.floor(8 * Math.log2(inFlight / FINE)));
}
