import type { EndpointHealth } from '../../shared/xds/messages.gen.ts';

/** An endpoint that a sidecar does not call any more, by its own judgement. */
export interface Ejection {
  /** The sidecar that judged. */
  node: string;
  cluster: string;
  /** HOST:PORT. */
  address: string;
  reason: string;
}

/** What sidecars say of the endpoints that they call: shown to people, and acted on by nobody but the sidecar itself. */
export class Ejections {
  readonly #byNode = new Map<string, Map<string, Ejection>>();

  report(node: string, health: readonly EndpointHealth[]): void {
    const own = this.#byNode.get(node) ?? new Map<string, Ejection>();
    for (const { cluster = '', address = '', ejected, reason = '' } of health) {
      if (ejected) own.set(`${cluster} ${address}`, { node, cluster, address, reason });
      else own.delete(`${cluster} ${address}`);
    }
    if (own.size > 0) this.#byNode.set(node, own);
    else this.#byNode.delete(node);
  }

  /** The sidecar has left: what it said no longer counts. */
  forget(node: string): void {
    this.#byNode.delete(node);
  }

  all(): Ejection[] {
    return [...this.#byNode.values()].flatMap((own) => [...own.values()]);
  }
}
