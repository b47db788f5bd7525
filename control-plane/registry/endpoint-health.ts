import type { EndpointHealth as Report } from '../../shared/xds/messages.gen.ts';

/** An endpoint that a sidecar does not call as others, by its own judgement. */
export interface EndpointHealth {
  /** The sidecar that judges. */
  node: string;
  cluster: string;
  /** HOST:PORT; '' = the service as a whole. */
  address: string;
  /** By outlier detection. */
  ejected: boolean;
  /** By its own active health check. */
  failedCheck: boolean;
  /** The error-rate breaker: '' = closed. */
  breaker: string;
  reason: string;
}

/** What sidecars say of the endpoints that they call: shown to people, and acted on by nobody but the sidecar itself. */
export class HealthReports {
  readonly #byNode = new Map<string, Map<string, EndpointHealth>>();

  report(node: string, health: readonly Report[]): void {
    const own = this.#byNode.get(node) ?? new Map<string, EndpointHealth>();
    for (const each of health) {
      const { address = '', breaker = '', cluster = '', ejected = false, failed_check: failedCheck = false } = each;
      const key = `${cluster} ${address}`;
      if (ejected || failedCheck || breaker !== '') {
        own.set(key, { node, cluster, address, ejected, failedCheck, breaker, reason: each.reason ?? '' });
      } else own.delete(key);
    }
    if (own.size > 0) this.#byNode.set(node, own);
    else this.#byNode.delete(node);
  }

  /** The sidecar has left: what it said no longer counts. */
  forget(node: string): void {
    this.#byNode.delete(node);
  }

  all(): EndpointHealth[] {
    return [...this.#byNode.values()].flatMap((own) => [...own.values()]);
  }
}
