import type { Random } from '../../shared/struct/random.ts';
import type { Exchange } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';
import type { ForwardPlan } from '../core/plan/route.ts';
import { Preference } from '../core/preference.ts';
import { RequestHash } from './hash.ts';
import { Session } from './session.ts';
import { SourceAffinity, type StickSurroundings } from './source-affinity.ts';

/** What the sides of a route's affinity need of the listener. */
export interface AffinitySurroundings extends StickSurroundings {
  readonly random: Random;
}

/**
 * To whom requests of a route are to go: to an endpoint that follows from a hash, to one that a cookie names, to the one that
 * the client had before, to a subset of all, or several of these.
 */
export class Affinity {
  readonly #hash: RequestHash | null;
  readonly #session: Session | null;
  readonly #source: SourceAffinity | null;
  /** Per weighted cluster: the JSON of its SubsetKey, '' = none. */
  readonly #subsets: readonly string[];
  /** The hash alone does not say it. */
  readonly #prefers: boolean;

  private constructor(
    hash: RequestHash | null,
    session: Session | null,
    source: SourceAffinity | null,
    subsets: readonly string[],
  ) {
    this.#hash = hash;
    this.#session = session;
    this.#source = source;
    this.#subsets = subsets;
    this.#prefers = session !== null || source !== null || subsets.some((each) => each !== '');
  }

  /** Null when any endpoint will do. */
  static of(
    plan: Pick<ForwardPlan, 'hash' | 'session' | 'stickToSource' | 'subset' | 'clusters'> | null,
  ): Affinity | null {
    if (plan === null) return null;
    const hash = RequestHash.of(plan.hash);
    const session = plan.session ? new Session(plan.session) : null;
    const source = plan.stickToSource > 0 ? new SourceAffinity(plan.stickToSource) : null;
    const keys = plan.clusters.length > 0 ? plan.clusters.map((each) => each.subset) : [plan.subset];
    const subsets = keys.map((each) => (each.length === 0 ? '' : JSON.stringify(each)));
    const affinity = new Affinity(hash, session, source, subsets);
    return hash || affinity.#prefers ? affinity : null;
  }

  /** Writes `x.hash`. `hashes`: the cluster balances by hash. */
  stamp(x: Exchange, hashes: boolean, around: AffinitySurroundings): void {
    const { manager, random } = around;
    if (hashes && this.#hash !== null) this.#hash.stamp(x, manager);
    if (!this.#prefers) return;
    const session = this.#session;
    // A policy that goes by a hash is to choose at random when there is none, so a preference always has one.
    const hash = x.hash ?? { high: (random() * TWO_32) | 0, low: (random() * TWO_32) | 0 };
    let endpoint = session === null ? '' : session.endpoint(x);
    if (endpoint === '' && this.#source !== null) endpoint = this.#source.endpoint(x, around);
    x.hash = new Preference(hash, endpoint, session?.strict ?? false, this.#subsets[x.choice]);
  }

  /** An endpoint answers: adds the cookies that the client is to bring next time, and notes where it was. */
  respond(x: Exchange, headers: HeaderList, around: AffinitySurroundings): void {
    if (this.#source !== null) this.#source.respond(x, around);
    if (x.affinityCookie !== '') headers.add('set-cookie', x.affinityCookie);
    if (this.#session !== null) this.#session.respond(x, headers);
  }
}

const TWO_32 = 4_294_967_296;
