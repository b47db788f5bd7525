import type { Random } from '../../shared/struct/random.ts';
import type { Exchange } from '../core/exchange.ts';
import type { RouteConfigPlan, VirtualHostPlan } from '../core/plan/route.ts';
import { RouteEntry } from './entry.ts';
import { HostIndex, withoutPort } from './host-index.ts';

export type { RouteEntry } from './entry.ts';

/** One route configuration, compiled. Immutable: a change makes another table. */
export class RouteTable {
  readonly plan: RouteConfigPlan;
  readonly #hosts: ReadonlyMap<VirtualHostPlan, CompiledHost>;
  readonly #index = new HostIndex<CompiledHost>();
  readonly #only: CompiledHost | null;
  readonly #vhds: boolean;
  readonly #ignorePort: boolean;

  /**
   * The table of `plan` and of those on-demand virtual hosts that are its own: named `PLAN/HOST` (decision D16). The plans
   * have been checked. From `previous` are taken the virtual hosts that have not changed, so one more host costs little.
   */
  static of(
    plan: RouteConfigPlan,
    vhosts: ReadonlyMap<string, VirtualHostPlan>,
    previous: RouteTable | null = null,
  ): RouteTable {
    return new RouteTable(plan, vhosts, previous);
  }

  private constructor(
    plan: RouteConfigPlan,
    vhosts: ReadonlyMap<string, VirtualHostPlan>,
    previous: RouteTable | null,
  ) {
    this.plan = plan;
    this.#vhds = plan.vhds;
    this.#ignorePort = plan.ignorePortInHost;
    const known = previous?.plan === plan ? previous.#hosts : null;
    const hosts = new Map<VirtualHostPlan, CompiledHost>();
    const add = (host: VirtualHostPlan): void => {
      const compiled = known?.get(host) ?? new CompiledHost(host, plan);
      hosts.set(host, compiled);
      // Two on-demand names of one service bring the same virtual host twice: the first one serves.
      for (const domain of host.domains) this.#index.add(domain, compiled);
    };
    for (const host of plan.virtualHosts) add(host);
    if (plan.vhds) {
      for (const [name, host] of vhosts) if (name.startsWith(`${plan.name}/`)) add(host);
    }
    this.#hosts = hosts;
    this.#only = this.#index.only;
  }

  /**
   * The route of a request, and notes it in `x`: route, virtual host and filter overrides. Null: no route (404 NR);
   * 'unknown-host': no virtual host yet, but one may be had on demand.
   */
  lookup(x: Exchange, random: Random): RouteEntry | 'unknown-host' | null {
    const host = this.#only ?? this.#index.find(this.#ignorePort ? withoutPort(x.authority) : x.authority);
    if (host === null) return this.#vhds ? 'unknown-host' : null;
    x.virtualHost = host.name;
    const entry = host.route(x, random);
    if (entry !== null) {
      x.routeName = entry.name;
      x.filterConfig = entry.filterConfig;
    }
    return entry;
  }
}

class CompiledHost {
  readonly name: string;
  readonly #routes: readonly RouteEntry[];

  constructor(plan: VirtualHostPlan, config: RouteConfigPlan) {
    this.name = plan.name;
    this.#routes = plan.routes.map((route) => new RouteEntry(route, plan, config));
  }

  /** The first route that matches, or null. */
  route(x: Exchange, random: Random): RouteEntry | null {
    const routes = this.#routes;
    for (let at = 0; at < routes.length; at += 1) {
      const entry = routes[at] as RouteEntry;
      if (entry.match.always || entry.match.matches(x, random)) return entry;
    }
    return null;
  }
}
