import type { Random } from '../../shared/struct/random.ts';
import type { Exchange } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';
import type { ForwardPlan } from '../core/plan/route.ts';
import type { Trust } from './client-address.ts';
import { RequestHash } from './hash.ts';
import { Session } from './session.ts';

/** What the sides of a route's affinity need of the listener. */
export interface AffinitySurroundings {
  readonly manager: Trust;
  readonly random: Random;
}

/** How requests of a route stick to an endpoint: by a hash, by a cookie that names the endpoint, or by both. */
export class Affinity {
  readonly #hash: RequestHash | null;
  readonly #session: Session | null;

  private constructor(hash: RequestHash | null, session: Session | null) {
    this.#hash = hash;
    this.#session = session;
  }

  /** Null when nothing holds requests together. */
  static of(plan: Pick<ForwardPlan, 'hash' | 'session'> | null): Affinity | null {
    const hash = RequestHash.of(plan?.hash ?? []);
    const session = plan?.session ? new Session(plan.session) : null;
    return hash || session ? new Affinity(hash, session) : null;
  }

  /** Writes `x.hash`. `hashes`: the cluster balances by hash. */
  stamp(x: Exchange, hashes: boolean, { manager, random }: AffinitySurroundings): void {
    if (hashes && this.#hash !== null) this.#hash.stamp(x, manager);
    if (this.#session !== null) this.#session.stamp(x, random);
  }

  /** Adds the cookies that the client is to bring next time. */
  respond(x: Exchange, headers: HeaderList): void {
    if (x.affinityCookie !== '') headers.add('set-cookie', x.affinityCookie);
    if (this.#session !== null) this.#session.respond(x, headers);
  }
}
