import type { EndpointHealth } from '../../control-plane/registry/endpoint-health.ts';
import { table } from './table.ts';

/** Endpoints that sidecars avoid, and why. */
export function avoidedTable(health: readonly EndpointHealth[]): string {
  const rows = health.map((each) => [each.cluster, each.address || '(all)', each.node, stateOf(each), each.reason]);
  return table([['CLUSTER', 'ENDPOINT', 'BY', 'STATE', 'REASON'], ...rows]);
}

function stateOf({ breaker, ejected, failedCheck }: EndpointHealth): string {
  const states = [
    ...(ejected ? ['ejected'] : []),
    ...(failedCheck ? ['fails its check'] : []),
    ...(breaker === '' ? [] : [`breaker ${breaker}`]),
  ];
  return states.join(', ');
}
