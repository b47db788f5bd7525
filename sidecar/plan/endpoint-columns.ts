import type { EndpointsPlan } from '../core/plan.ts';
import type { EndpointRow } from './endpoints.ts';

/** `10.0.0.1:80`, `[::1]:80`: what makes an endpoint of a cluster itself, and names its slot. */
export function addressOf(row: EndpointRow): string {
  return row.host.includes(':') ? `[${row.host}]:${row.port}` : `${row.host}:${row.port}`;
}

/** Each address once: what comes again, in another locality say, is the same endpoint. */
export function distinct(rows: readonly EndpointRow[]): EndpointRow[] {
  return [...new Map(rows.toReversed().map((each) => [addressOf(each), each])).values()].reverse();
}

/** Distinct rows as columns. `slots` are in the order of the rows. */
export function endpointColumns(name: string, rows: readonly EndpointRow[], slots: readonly number[]): EndpointsPlan {
  return {
    name,
    addresses: rows.map((each) => each.host),
    ports: rows.map((each) => each.port),
    slots,
    weights: rows.map((each) => each.weight),
    priorities: rows.map((each) => each.priority),
    hostnames: rows.map((each) => each.hostname),
  };
}
