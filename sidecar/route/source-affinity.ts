import type { Hash64 } from '../../shared/struct/hash64.ts';
import { xxHash64 } from '../../shared/struct/xx-hash.ts';
import type { Exchange } from '../core/exchange.ts';
import type { StickTable } from '../core/stick-table.ts';
import { clientAddress, type Trust } from './client-address.ts';

/** What source affinity needs of the listener and its worker. */
export interface StickSurroundings {
  readonly manager: Trust;
  readonly sticks: StickTable;
  /** Wall-clock ms. */
  readonly wall: () => number;
}

/**
 * A client, told by its address, stays at the endpoint that the balancing policy chose for its first request, until it has
 * been away for the time to live (as HAProxy's `stick on src`): any policy can be sticky so, not only those that go by a hash.
 */
export class SourceAffinity {
  /** Seconds. */
  readonly #ttl: number;

  constructor(ttl: number) {
    this.#ttl = ttl;
  }

  /** The endpoint of the client; '' = none yet. */
  endpoint(x: Exchange, { manager, sticks, wall }: StickSurroundings): string {
    return sticks.get(clientOf(x, manager), seconds(wall));
  }

  /** An endpoint has answered. */
  respond(x: Exchange, { manager, sticks, wall }: StickSurroundings): void {
    if (x.upstream === '') return;
    const now = seconds(wall);
    sticks.put(clientOf(x, manager), x.upstream, now, now + this.#ttl);
  }
}

/** Clients of different services have nothing to do with each other. */
function clientOf(x: Exchange, trust: Trust): Hash64 {
  return xxHash64(`${x.cluster} ${clientAddress(x, trust)}`);
}

function seconds(wall: () => number): number {
  return Math.floor(wall() / 1_000);
}
