import type { Random } from '../../../shared/struct/random.ts';
import type { PrequalPlan } from '../../core/plan/balancer.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import { RecentLoads } from './recent-loads.ts';

/** What one endpoint said of itself. */
interface Probe {
  readonly endpoint: LiveEndpoint;
  /** Requests in flight there, and those that we have sent it since. */
  inFlight: number;
  /** Ms that a request takes there at that level. */
  readonly latency: number;
  /** Monotonic ms. */
  readonly at: number;
  /** How often it may still be used. */
  uses: number;
}

/** Of the endpoints, in the pool. */
const LARGEST_SHARE = 0.16;

/** With fewer probes than this there is nothing to choose. */
const ENOUGH = 2;

/**
 * The probes that one client holds, at most one per endpoint, and the choice among them: the hot-cold rule. A probe is hot
 * when more requests are in flight there than at most endpoints lately (above the quantile `hotQuantile`). Cold ones are
 * compared by latency, and when all are hot the fewest in flight win.
 *
 * A probe leaves when it is too old, when it was used often enough, when a newer one needs its place, or, at a steady rate,
 * for being the oldest or the worst in turn: what is in the pool because nobody wants it must not stay and become the only
 * choice. Source: Wydrowski et al., "Load is not what you should balance: Introducing Prequal" (NSDI 2024), section 4.
 */
export class ProbePool {
  readonly #plan: PrequalPlan;
  readonly #random: Random;
  readonly #loads = new RecentLoads();
  readonly #capacity: number;
  /** Probes removed per request. */
  readonly #removals: number;
  /** Mean uses per probe. */
  readonly #uses: number;
  /** The oldest first. */
  #probes: Probe[] = [];
  #due = 0;
  /** Ms. */
  #typical = 0;
  #removeWorst = false;

  constructor(plan: PrequalPlan, endpoints: number, random: Random) {
    this.#plan = plan;
    this.#random = random;
    // In the paper a pool holds 16 of 100 endpoints. Smaller clusters keep that ratio: a larger pool would hold probes for
    // longer, so that many callers run to the same endpoint after old news. It never loses more than half of what comes in.
    this.#capacity = Math.max(ENOUGH, Math.min(plan.poolSize, Math.round(LARGEST_SHARE * endpoints)));
    const incoming = Math.max(0, 1 - this.#capacity / endpoints) * plan.probesPerRequest;
    this.#removals = Math.min(plan.removalsPerRequest, incoming / 2);
    const net = incoming - this.#removals;
    this.#uses = net > 0 ? Math.max(1, (1 + plan.reuseExcess) / net) : Number.POSITIVE_INFINITY;
  }

  get size(): number {
    return this.#probes.length;
  }

  /**
   * Takes an answer; it takes the place of an earlier one of the same endpoint. Latency 0: the endpoint does not know; it
   * counts as the others are on average, since what is new may well be slow.
   */
  add(endpoint: LiveEndpoint, inFlight: number, latency: number, now: number): void {
    this.#loads.add(inFlight);
    if (latency > 0) this.#typical = this.#typical === 0 ? latency : 0.9 * this.#typical + 0.1 * latency;
    const same = this.#probes.findIndex((each) => each.endpoint === endpoint);
    if (same >= 0) this.#probes.splice(same, 1);
    else if (this.#probes.length === this.#capacity) this.#probes.shift();
    this.#probes.push({ endpoint, inFlight, latency: latency || this.#typical, at: now, uses: this.#roundedUses() });
  }

  /** The best endpoint by the probes; null when there are too few. */
  choose(now: number): LiveEndpoint | null {
    this.#expire(now);
    if (this.#probes.length < ENOUGH) return null;
    const probe = this.#best();
    // What we send is in flight there before the next probe tells.
    probe.inFlight += 1;
    probe.uses -= 1;
    if (probe.uses <= 0) this.#probes.splice(this.#probes.indexOf(probe), 1);
    this.#remove();
    return probe.endpoint;
  }

  #best(): Probe {
    const hot = this.#loads.quantile(this.#plan.hotQuantile);
    let best = this.#probes[0] as Probe;
    for (const probe of this.#probes) if (isBetter(probe, best, hot)) best = probe;
    return best;
  }

  #worst(): number {
    const hot = this.#loads.quantile(this.#plan.hotQuantile);
    let worst = 0;
    for (let at = 1; at < this.#probes.length; at += 1) {
      if (isBetter(this.#probes[worst] as Probe, this.#probes[at] as Probe, hot)) worst = at;
    }
    return worst;
  }

  #expire(now: number): void {
    let first = 0;
    while (first < this.#probes.length && now - (this.#probes[first] as Probe).at > this.#plan.maxAge) first += 1;
    if (first > 0) this.#probes.splice(0, first);
  }

  #remove(): void {
    this.#due += this.#removals;
    for (; this.#due >= 1 && this.#probes.length > 0; this.#due -= 1) {
      this.#probes.splice(this.#removeWorst ? this.#worst() : 0, 1);
      this.#removeWorst = !this.#removeWorst;
    }
  }

  /** A whole number with the right mean. */
  #roundedUses(): number {
    if (this.#uses === Number.POSITIVE_INFINITY) return this.#uses;
    const floor = Math.floor(this.#uses);
    return this.#random() < this.#uses - floor ? floor + 1 : floor;
  }
}

/** Cold before hot, cold ones by latency, hot ones (and equals) by requests in flight. `hot`: more than this is hot. */
function isBetter(one: Probe, other: Probe, hot: number): boolean {
  const [isHot, otherIsHot] = [one.inFlight > hot, other.inFlight > hot];
  if (isHot !== otherIsHot) return otherIsHot;
  if (!isHot && one.latency !== other.latency) return one.latency < other.latency;
  return one.inFlight < other.inFlight;
}
