import type { Hash64 } from '../../../shared/struct/hash64.ts';
import type { Random } from '../../../shared/struct/random.ts';
import { FAILURE, type Failure } from '../../core/outcome.ts';
import type { LiveEndpoint } from '../live-endpoint.ts';
import { OBSERVED } from '../outlier/observation.ts';
import type { BreakerGate, Trial } from './gate.ts';

/** New draws for an endpoint that is let through, before all are looked at. */
const DRAWS = 4;

/** Draws an endpoint as the cluster's policy does. */
export type Draw = (
  tried: readonly LiveEndpoint[] | null,
  attempts: number,
  hash: Hash64 | null,
) => LiveEndpoint | null;

/**
 * Chooses endpoints for a cluster with an error-rate breaker, or with a limit of requests per endpoint: only those that both
 * let through. What was chosen stands in the fields, so that a choice makes no object.
 */
export class Guard {
  /** Null after `choose` said yes: there is nobody to choose from. */
  endpoint: LiveEndpoint | null = null;
  /** The attempt is part of a breaker's trial, which is to be told how it ended. */
  trial: Trial | null = null;
  /** After `choose` said no: why. */
  failure: Failure = FAILURE.overflow;
  readonly #gate: BreakerGate | null;
  readonly #draw: Draw;
  readonly #endpoints: readonly LiveEndpoint[];
  readonly #random: Random;

  /** `gate`: of the service as a whole, null = none. */
  constructor(gate: BreakerGate | null, endpoints: readonly LiveEndpoint[], draw: Draw, random: Random) {
    this.#gate = gate;
    this.#endpoints = endpoints;
    this.#draw = draw;
    this.#random = random;
  }

  /** Arguments as for Cluster.pick. False: the attempt may not go. */
  choose(tried: readonly LiveEndpoint[] | null, attempts: number, hash: Hash64 | null): boolean {
    this.trial = null;
    this.endpoint = null;
    if (this.#gate !== null && !this.#gate.closed) {
      this.trial = this.#gate.enter();
      if (this.trial === null) return this.#refuse(FAILURE.breaker);
    }
    for (let draws = 0; draws < DRAWS; draws += 1) {
      const endpoint = this.#draw(tried, attempts, hash);
      if (endpoint === null) break;
      if (this.#admits(endpoint)) return true;
      if (draws === DRAWS - 1) return this.#any(tried) || this.#refuse(this.failure);
    }
    this.trial?.end(OBSERVED.nothing);
    this.trial = null;
    return true;
  }

  #admits(endpoint: LiveEndpoint): boolean {
    if (endpoint.full()) {
      this.failure = FAILURE.overflow;
      return false;
    }
    const { gate } = endpoint;
    if (gate !== null && !gate.closed) {
      const trial = gate.enter();
      if (trial === null) {
        this.failure = FAILURE.breaker;
        return false;
      }
      this.trial = trial;
    }
    this.endpoint = endpoint;
    return true;
  }

  /** From a random start. */
  #any(tried: readonly LiveEndpoint[] | null): boolean {
    const all = this.#endpoints;
    const start = Math.floor(this.#random() * all.length);
    for (let step = 0; step < all.length; step += 1) {
      const endpoint = all[(start + step) % all.length] as LiveEndpoint;
      if (tried?.includes(endpoint) || !(endpoint.available() || endpoint.degraded())) continue;
      if (this.#admits(endpoint)) return true;
    }
    return false;
  }

  #refuse(failure: Failure): boolean {
    this.trial?.end(OBSERVED.nothing);
    this.trial = null;
    this.failure = failure;
    return false;
  }
}
