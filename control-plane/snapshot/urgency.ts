import type { EndpointSlice } from '../model/endpoint-slice.ts';
import type { AnyObject } from '../model/kinds.ts';

/** True when a change takes endpoints away: what is gone must not be called for another moment. */
export function takesEndpoints(previous: AnyObject | undefined, next: AnyObject | undefined): boolean {
  if (previous?.kind !== 'EndpointSlice') return false;
  const left = next?.kind === 'EndpointSlice' ? readyIn(next) : new Set<string>();
  return [...readyIn(previous)].some((address) => !left.has(address));
}

function readyIn(slice: EndpointSlice): Set<string> {
  const ready = slice.endpoints.filter(({ conditions }) => conditions.ready && conditions.terminating !== true);
  return new Set(ready.flatMap(({ addresses }) => slice.ports.map(({ port }) => `${addresses[0]}:${port}`)));
}
