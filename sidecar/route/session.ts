import type { Exchange } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';
import type { SessionPlan } from '../core/plan/route.ts';
import { Preference } from '../core/preference.ts';
import { cookieOf, setCookie } from './cookie.ts';

/**
 * A session at exactly one endpoint, over any balancing policy: its address stands in a cookie (base64), and is looked up
 * before the policy is asked. When that endpoint is gone another one is chosen and the cookie says so, unless it is strict.
 * As Envoy's stateful session with cookies.
 */
export class Session {
  readonly #plan: SessionPlan;

  constructor(plan: SessionPlan) {
    this.#plan = plan;
  }

  get strict(): boolean {
    return this.#plan.strict;
  }

  /** The endpoint that the client's cookie names; '' = none. */
  endpoint(x: Exchange): string {
    const value = cookieOf(x.headers, this.#plan.name);
    return value === '' ? '' : Buffer.from(value, 'base64').toString('latin1');
  }

  respond(x: Exchange, headers: HeaderList): void {
    const { name, ttl, path } = this.#plan;
    if (x.upstream === '' || (x.hash instanceof Preference && x.hash.endpoint === x.upstream)) return;
    headers.add('set-cookie', setCookie(name, Buffer.from(x.upstream, 'latin1').toString('base64'), ttl, path));
  }
}
