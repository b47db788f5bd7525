import type { Hash64 } from '../../../shared/struct/hash64.ts';
import type { Random } from '../../../shared/struct/random.ts';
import type { PrequalPlan } from '../../core/plan/balancer.ts';
import { AliasTable } from '../balancer/alias.ts';
import type { Picker } from '../balancer/picker.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import { ProbePool } from './probe-pool.ts';

/** What an endpoint answers to a probe; null: it answers none, for it has no sidecar. */
export type ProbeAnswer = { readonly inFlight: number; readonly latency: number } | null;

/** Asks an endpoint for its load. `done` is called at most once, later: not at all when no answer came in time. */
export type Prober = (endpoint: LiveEndpoint, done: (answer: ProbeAnswer) => void) => void;

/** How long an endpoint that answers no probes is not asked again, ms. */
const SILENCE = 60_000;

/**
 * Prequal: each request goes to the best of a pool of probes (see ProbePool) and sends out new ones, which are awaited by
 * nobody. With too few probes, and among endpoints that answer none, the fallback chooses.
 */
export class PrequalPicker implements Picker {
  readonly #endpoints: readonly LiveEndpoint[];
  readonly #plan: PrequalPlan;
  readonly #fallback: Picker;
  readonly #probe: Prober;
  readonly #now: () => number;
  readonly #pool: ProbePool;
  /** Null: equal weights. */
  readonly #table: AliasTable | null;
  /** By index: until when it is not asked; 0 = it is. */
  readonly #silentUntil: Float64Array;
  #silent = 0;
  /** Indexes asked for the request at hand. */
  readonly #asked: number[] = [];
  /** Probes owed, since their number per request need not be whole. */
  #owed = 0;

  constructor(
    endpoints: readonly LiveEndpoint[],
    weights: readonly number[],
    plan: PrequalPlan,
    fallback: Picker,
    probe: Prober,
    random: Random,
    now: () => number,
  ) {
    this.#endpoints = endpoints;
    this.#plan = plan;
    this.#fallback = fallback;
    this.#probe = probe;
    this.#now = now;
    this.#pool = new ProbePool(plan, endpoints.length, random);
    this.#table = weights.some((each) => each !== weights[0]) ? new AliasTable(weights) : null;
    this.#silentUntil = new Float64Array(endpoints.length);
  }

  pick(random: Random, hash: Hash64 | null, attempt: number): LiveEndpoint {
    const now = this.#now();
    const silent = this.#silent > 0 && random() * this.#endpoints.length < this.#silent;
    const chosen = silent || attempt > 0 ? null : this.#pool.choose(now);
    if (attempt === 0) this.#ask(random, now);
    return chosen ?? this.#fallback.pick(random, hash, attempt);
  }

  #ask(random: Random, now: number): void {
    const asked = this.#asked;
    asked.length = 0;
    this.#owed += this.#plan.probesPerRequest;
    for (; this.#owed >= 1; this.#owed -= 1) {
      const index = this.#draw(random);
      if (asked.includes(index)) continue;
      asked.push(index);
      const until = this.#silentUntil[index] as number;
      if (until > now) continue;
      if (until > 0) this.#setSilent(index, 0);
      const endpoint = this.#endpoints[index] as LiveEndpoint;
      this.#probe(endpoint, (answer) => {
        if (answer === null) this.#setSilent(index, this.#now() + SILENCE);
        else this.#pool.add(endpoint, answer.inFlight, answer.latency, this.#now());
      });
    }
  }

  /** An endpoint by weight, of those not asked yet for this request if that comes easily. */
  #draw(random: Random): number {
    let index = -1;
    for (let draw = 0; draw < 4; draw += 1) {
      index = this.#table === null ? Math.floor(random() * this.#endpoints.length) : this.#table.draw(random);
      if (!this.#asked.includes(index)) return index;
    }
    return index;
  }

  #setSilent(index: number, until: number): void {
    const before = this.#silentUntil[index] as number;
    if (before === 0 && until > 0) this.#silent += 1;
    if (before > 0 && until === 0) this.#silent -= 1;
    this.#silentUntil[index] = until;
  }
}
