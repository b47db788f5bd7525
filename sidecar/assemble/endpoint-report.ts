import { isDeepStrictEqual } from 'node:util';
import type { Cancel, Clock } from '../../shared/time/clock.ts';
import type { EndpointHealthReport } from '../discovery/registration.ts';
import type { ControlPath } from './control-path.ts';

/** Changes of so many ms are told together. */
const GATHER = 100;

/** What is known of the health of endpoints, and who knows it. */
export type HealthSources = Pick<ControlPath, 'breakers' | 'checker' | 'ejector'>;

interface Mutable {
  cluster: string;
  address: string;
  ejected: boolean;
  failed_check: boolean;
  breaker: string;
  reason: string;
}

/**
 * What this sidecar tells the control plane of the endpoints that it calls: at first all that are not as they should be, then
 * what changed, each time whole.
 */
export class EndpointReport {
  readonly #sources: HealthSources;
  readonly #clock: Clock;
  readonly #send: (health: readonly EndpointHealthReport[]) => void;
  #told = new Map<string, Mutable>();
  #timer: Cancel | null = null;

  constructor(sources: HealthSources, clock: Clock, send: (health: readonly EndpointHealthReport[]) => void) {
    this.#sources = sources;
    this.#clock = clock;
    this.#send = send;
  }

  /** A new stream: nothing has been told on it. */
  whole(): readonly EndpointHealthReport[] {
    this.#told = this.#current();
    return [...this.#told.values()];
  }

  /** Something may have changed. */
  changed(): void {
    this.#timer ??= this.#clock.after(GATHER, () => {
      this.#timer = null;
      this.#tell();
    });
  }

  #tell(): void {
    const current = this.#current();
    const news: Mutable[] = [];
    for (const [key, each] of current) if (!isDeepStrictEqual(this.#told.get(key), each)) news.push(each);
    for (const [key, { address, cluster }] of this.#told) if (!current.has(key)) news.push(well(cluster, address));
    this.#told = current;
    if (news.length > 0) this.#send(news);
  }

  #current(): Map<string, Mutable> {
    const all = new Map<string, Mutable>();
    const at = (cluster: string, address: string, reason: string): Mutable => {
      const key = `${cluster} ${address}`;
      const found = all.get(key) ?? well(cluster, address);
      all.set(key, found);
      found.reason = found.reason === '' ? reason : `${found.reason}; ${reason}`;
      return found;
    };
    for (const { cluster, endpoint, reason } of this.#sources.ejector.ejected()) {
      at(cluster, endpoint, reason).ejected = true;
    }
    for (const { cluster, endpoint, reason } of this.#sources.checker.failing()) {
      at(cluster, endpoint, reason).failed_check = true;
    }
    for (const { cluster, endpoint, reason, state } of this.#sources.breakers.open()) {
      at(cluster, endpoint, reason).breaker = state;
    }
    return all;
  }
}

function well(cluster: string, address: string): Mutable {
  return { cluster, address, ejected: false, failed_check: false, breaker: '', reason: '' };
}
