import type { Random } from '../../shared/struct/random.ts';
import type { Exchange } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';
import type { ForwardPlan } from '../core/plan/route.ts';
import { Preference } from '../core/preference.ts';
import type { Trust } from './client-address.ts';
import { RequestHash } from './hash.ts';
import { Session } from './session.ts';

/** What the sides of a route's affinity need of the listener. */
export interface AffinitySurroundings {
  readonly manager: Trust;
  readonly random: Random;
}

/**
 * To whom requests of a route are to go: to an endpoint that follows from a hash, to one that a cookie names, to a subset of
 * all, or several of these.
 */
export class Affinity {
  readonly #hash: RequestHash | null;
  readonly #session: Session | null;
  /** Per weighted cluster: the JSON of its SubsetKey, '' = none. */
  readonly #subsets: readonly string[];
  /** The hash alone does not say it. */
  readonly #prefers: boolean;

  private constructor(hash: RequestHash | null, session: Session | null, subsets: readonly string[]) {
    this.#hash = hash;
    this.#session = session;
    this.#subsets = subsets;
    this.#prefers = session !== null || subsets.some((each) => each !== '');
  }

  /** Null when any endpoint will do. */
  static of(plan: Pick<ForwardPlan, 'hash' | 'session' | 'subset' | 'clusters'> | null): Affinity | null {
    if (plan === null) return null;
    const hash = RequestHash.of(plan.hash);
    const session = plan.session ? new Session(plan.session) : null;
    const keys = plan.clusters.length > 0 ? plan.clusters.map((each) => each.subset) : [plan.subset];
    const subsets = keys.map((each) => (each.length === 0 ? '' : JSON.stringify(each)));
    const affinity = new Affinity(hash, session, subsets);
    return hash || affinity.#prefers ? affinity : null;
  }

  /** Writes `x.hash`. `hashes`: the cluster balances by hash. */
  stamp(x: Exchange, hashes: boolean, { manager, random }: AffinitySurroundings): void {
    if (hashes && this.#hash !== null) this.#hash.stamp(x, manager);
    if (!this.#prefers) return;
    const session = this.#session;
    // A policy that goes by a hash is to choose at random when there is none, so a preference always has one.
    const hash = x.hash ?? { high: (random() * TWO_32) | 0, low: (random() * TWO_32) | 0 };
    const endpoint = session === null ? '' : session.endpoint(x);
    x.hash = new Preference(hash, endpoint, session?.strict ?? false, this.#subsets[x.choice]);
  }

  /** Adds the cookies that the client is to bring next time. */
  respond(x: Exchange, headers: HeaderList): void {
    if (x.affinityCookie !== '') headers.add('set-cookie', x.affinityCookie);
    if (this.#session !== null) this.#session.respond(x, headers);
  }
}

const TWO_32 = 4_294_967_296;
