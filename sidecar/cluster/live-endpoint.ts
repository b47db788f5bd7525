import type { Pool } from '../core/pool.ts';
import { FLAG, ROW, SHARED, type Slot } from '../core/slots.ts';
import type { BreakerGate } from './breaker/gate.ts';
import type { Meter } from './meter.ts';
import type { Detectors } from './outlier/detector.ts';
import { OBSERVED } from './outlier/observation.ts';

/**
 * One endpoint of one cluster in one worker: what lives on while configurations come and go. Its counts stand in the
 * slot, where the other workers see them.
 *
 * Each attempt calls `begin` once, `observed` at most once (when the response head is there, or the attempt failed) and
 * `end` exactly once (when both directions are over), decision D7.
 */
export class LiveEndpoint {
  readonly address: string;
  readonly port: number;
  /** `ip:port`, `[ip]:port` for IPv6. */
  readonly name: string;
  readonly slot: Slot;
  readonly slotIndex: number;
  readonly #detectors: Detectors;

  // These follow the plan; see EndpointSet.
  hostname = '';
  weight = 1;
  priority = 0;
  /** What load balancing sees of its metadata, each value as JSON. */
  metadata: Readonly<Record<string, string>> | null = null;
  /** Index into the set's localities. */
  locality = 0;
  /** Monotonic ms since when it takes requests: what slow start counts from. Infinity while it is unhealthy. */
  since = 0;
  /** What the policy of the cluster measures here, if anything; see Cluster. */
  meter: Meter | null = null;
  /** The error-rate breaker of this endpoint; null = it has none. */
  gate: BreakerGate | null = null;
  /** What it answers to gRPC is known when its trailers say so, not when its head says 200. */
  awaitsTrailers = false;
  /** Told when an answer says that its health check fails from now on; null = it is not checked. */
  reportSick: ((slot: number) => void) | null = null;
  /** Requests under way in all workers at most. */
  maxRequests = Number.POSITIVE_INFINITY;
  /** For requests of high priority, once there was one. */
  highPool: Pool | null = null;
  /** Set right after construction, since a pool is made for an endpoint. */
  pool: Pool;

  constructor(address: string, port: number, slot: Slot, slotIndex: number, detectors: Detectors) {
    this.address = address;
    this.port = port;
    this.name = endpointName(address, port);
    this.slot = slot;
    this.slotIndex = slotIndex;
    this.#detectors = detectors;
    this.pool = NO_POOL;
  }

  /** Whether no flag (unhealthy, ejected, draining, degraded) is set. */
  available(): boolean {
    return this.slot.shared(SHARED.flags) === 0;
  }

  /** Whether it may be used where those that are available do not suffice. */
  degraded(): boolean {
    return this.slot.shared(SHARED.flags) === FLAG.degraded;
  }

  /** Requests under way in all workers. */
  active(): number {
    return this.slot.sum(ROW.active);
  }

  /** No further request may begin now. */
  full(): boolean {
    return this.maxRequests !== Number.POSITIVE_INFINITY && this.slot.sum(ROW.active) >= this.maxRequests;
  }

  /** False: its limit of requests is reached, and neither `observed` nor `end` follow. */
  begin(): boolean {
    if (this.maxRequests === Number.POSITIVE_INFINITY) this.slot.add(ROW.active, 1);
    else if (!this.slot.claim(ROW.active, this.maxRequests)) return false;
    this.slot.add(ROW.requests, 1);
    return true;
  }

  /** `observed`: one of OBSERVED; `ttfb`: ms from the attempt's begin to the response head, 0 without one. */
  observed(observed: number, ttfb: number): void {
    if (observed === OBSERVED.success) this.slot.add(ROW.successes, 1);
    else if (observed !== OBSERVED.nothing) {
      this.slot.add(ROW.failures, 1);
      if (observed === OBSERVED.localOrigin) this.slot.add(ROW.localFailures, 1);
    }
    if (ttfb > 0) this.slot.add(ROW.latency, Math.round(ttfb * 1000));
    this.#detectors.observe(this.slot, this.slotIndex, observed);
  }

  end(): void {
    this.slot.add(ROW.active, -1);
  }
}

/** `ip:port`, with brackets around an IPv6 address. */
export function endpointName(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

const NO_POOL: Pool = {
  lease() {
    throw new Error('an endpoint was used before its pool was made');
  },
  abandon() {},
  dial() {
    throw new Error('an endpoint was used before its pool was made');
  },
  drain() {},
};
