import type { EndpointsPlan } from '../core/plan/cluster.ts';
import type { EndpointRow } from './endpoints.ts';
import { hostPort } from './host-port.ts';

/** Each address once: what comes again, in another locality say, is the same endpoint. */
export function distinct(rows: readonly EndpointRow[]): EndpointRow[] {
  return [...new Map(rows.toReversed().map((each) => [hostPort(each), each])).values()].reverse();
}

/** Distinct rows as columns. `slots` are in the order of the rows. */
export function endpointColumns(name: string, rows: readonly EndpointRow[], slots: readonly number[]): EndpointsPlan {
  const localities = [...new Set(rows.map((each) => each.locality))];
  const indexOf = new Map(localities.map((each, index) => [each, index]));
  return {
    name,
    addresses: rows.map((each) => each.host),
    ports: rows.map((each) => each.port),
    slots,
    weights: rows.map((each) => each.weight),
    priorities: rows.map((each) => each.priority),
    hostnames: rows.map((each) => each.hostname),
    locality: rows.map((each) => indexOf.get(each.locality) ?? 0),
    localities,
    ...(rows.some((each) => each.metadata) && { metadata: rows.map((each) => each.metadata ?? null) }),
    ...(rows.some((each) => each.check) && { checks: rows.map((each) => each.check ?? null) }),
  };
}
