import { isDeepStrictEqual } from 'node:util';
import type { Cancel } from '../../shared/time/clock.ts';
import { policiesInForce } from '../model/contradictions.ts';
import { expiry } from '../model/fault-policy.ts';
import type { AnyObject } from '../model/kinds.ts';
import { kindNamed } from '../model/kinds.ts';
import { encodeObject, objectPrefix, storeKey } from '../model/stored.ts';
import type { TrafficPolicy } from '../model/traffic-policy.ts';
import type { Seen } from '../store/cache.ts';
import { settledStatus } from './conditions.ts';
import { type ApiContext, fleetOf } from './context.ts';

/** Changes that come together are settled together, ms. */
const debounce = 20;
/** Acknowledgements come in bursts: every sidecar answers every push. */
const fleetDebounce = 100;
/** One object's status is stored at most so often, ms (decision D24). */
const pause = 1_000;
/** How often the fleet is looked at without being told that it changed, ms. */
const patrol = 5_000;

export interface Settler {
  /** The fleet acknowledged or refused something: look again. */
  fleetChanged(): void;
  close(): void;
}

/**
 * Keeps the stored conditions true while the world around an object changes: Services that come and go, leases that end,
 * sidecars that acknowledge. Writes only when a condition's status, reason or message changes.
 */
export function startSettler(context: ApiContext): Settler {
  const { objects, clock, log } = context;
  const lastWritten = new Map<string, number>();
  let timer: Cancel | undefined;
  let due = Number.POSITIVE_INFINITY;
  let running = false;
  let closed = false;

  const wakeIn = (ms: number): void => {
    const at = clock.now() + ms;
    if (closed || at >= due) return;
    timer?.();
    due = at;
    timer = clock.after(ms, () => {
      due = Number.POSITIVE_INFINITY;
      void settleAll();
    });
  };

  async function settleAll(): Promise<void> {
    if (running) return wakeIn(debounce);
    running = true;
    try {
      const { httpRoutes, grpcRoutes, trafficPolicies, faultPolicies } = objects.world;
      const all = [httpRoutes, grpcRoutes, trafficPolicies, faultPolicies].flatMap((each) => [...each.values()]);
      const inForce = policiesInForce(objects.world);
      await Promise.all(all.map((object) => settle(object, inForce)));
    } finally {
      running = false;
    }
  }

  async function settle(object: AnyObject, inForce: ReadonlyMap<string, TrafficPolicy>): Promise<void> {
    const wall = clock.wall();
    if (object.kind === 'FaultPolicy' && expiry(object) > wall) wakeIn(expiry(object) - wall);
    const status = settledStatus(object, { world: objects.world, wall, fleet: fleetOf(context, object), inForce });
    if (isDeepStrictEqual(JSON.parse(JSON.stringify(status)), object.status)) return;
    const kind = kindNamed(object.kind);
    if (!kind) return;
    const key = storeKey(kind, object.metadata.namespace, object.metadata.name);
    const wait = (lastWritten.get(key) ?? Number.NEGATIVE_INFINITY) + pause - clock.now();
    if (wait > 0) return wakeIn(wait);
    lastWritten.set(key, clock.now());
    const written = await objects.cache.put(
      key,
      encodeObject({ ...object, status } as AnyObject),
      Number(object.metadata.resourceVersion),
    );
    // A conflict means that the object changed meanwhile: that change wakes us again.
    if (!written.ok && written.reason === 'unavailable') log.warn({ key }, `status not stored: ${written.message}`);
  }

  const stop = objects.cache.subscribe((changes: readonly Seen<AnyObject>[]) => {
    for (const { key, value } of changes) if (!value) lastWritten.delete(key);
    if (changes.some(matters)) wakeIn(debounce);
  });
  const stopPatrol = clock.every(patrol, () => wakeIn(0));
  if (objects.cache.list(objectPrefix).length > 0) wakeIn(debounce);

  return {
    fleetChanged: () => wakeIn(fleetDebounce),
    close() {
      closed = true;
      stop();
      stopPatrol();
      timer?.();
    },
  };
}

/** Endpoints come and go all the time, and no condition depends on them. */
function matters({ value, previous }: Seen<AnyObject>): boolean {
  return (value ?? previous)?.kind !== 'EndpointSlice';
}
