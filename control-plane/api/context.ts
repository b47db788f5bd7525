import type { Log } from '../../shared/log/log.ts';
import type { Clock } from '../../shared/time/clock.ts';
import type { AnyObject, KindName } from '../model/kinds.ts';
import type { Objects } from '../model/live-world.ts';
import type { FleetStatus } from './conditions.ts';

/** What every part of the API works with. */
export interface ApiContext {
  objects: Objects;
  clock: Clock;
  log: Log;
  /**
   * On how many sidecars this generation of a policy or route is in force; undefined while that is not known. Called when
   * an object is read and when its conditions are settled: it must be cheap.
   */
  fleetStatus: (kind: KindName, namespace: string, name: string, generation: number) => FleetStatus | undefined;
  /** Why clients may not write the object, such as "it is written by the registry"; undefined when they may. */
  ownerOf: (object: AnyObject) => string | undefined;
}

export function fleetOf(context: ApiContext, object: AnyObject): FleetStatus | undefined {
  const { namespace, name, generation } = object.metadata;
  return context.fleetStatus(object.kind, namespace, name, generation);
}
