import type { Any } from '../../shared/xds/messages.gen.ts';
import type { ServicePort } from '../model/service.ts';
import type { TrafficPolicy } from '../model/traffic-policy.ts';
import type { NodeKind } from './caller.ts';
import type { ServiceEntry } from './catalog.ts';
import type { FaultyRule } from './faulty-rules.ts';
import type { Message } from './message.ts';
import { clusterName, nowhere } from './names.ts';

type RouteAction = Message<'envoy.config.route.v3.RouteAction'>;

/** Where a rule sends to. */
export interface Destination {
  /** `SERVICE.NAMESPACE:PORT`. */
  readonly name: string;
  readonly cluster: string;
  readonly weight: number;
  /** The service exists, and has the port. */
  readonly exists: boolean;
  /** What holds for the service. */
  readonly policy: TrafficPolicy | undefined;
  /** Filter settings for requests that go there. */
  readonly fault: Record<string, Required<Any>> | undefined;
}

export function destinationsOf(
  each: FaultyRule,
  entry: ServiceEntry,
  port: ServicePort,
  kind: NodeKind,
): Destination[] {
  const { rule, route, faults } = each;
  const { name, namespace } = entry.service.metadata;
  if (!rule || !route) {
    const cluster = clusterName(name, namespace, port.port);
    return [
      {
        name: cluster,
        cluster,
        weight: 1,
        exists: true,
        policy: entry.policies[0],
        fault: faults.get(entry.key),
      },
    ];
  }
  return rule.backendRefs.map((ref) => {
    const home = ref.namespace ?? route.metadata.namespace;
    const key = `${home}/${ref.name}`;
    const { service, policies } = entry.backends.get(key) ?? {};
    const exists = service?.spec.ports.some((own) => own.port === ref.port) ?? false;
    const name = clusterName(ref.name, home, ref.port);
    return {
      name,
      cluster: kind === 'grpc' && !exists ? nowhere : name,
      weight: ref.weight,
      exists,
      policy: policies?.[0],
      fault: faults.get(key),
    };
  });
}

/** The part of the action that says where to. A share for what does not exist answers 500, of gRPC UNAVAILABLE (Gateway API). */
export function sending(destinations: readonly Destination[], grpc: boolean, kind: NodeKind): RouteAction {
  const code = grpc ? 'SERVICE_UNAVAILABLE' : 'INTERNAL_SERVER_ERROR';
  const missing = destinations.some(({ exists }) => !exists)
    ? ({ cluster_not_found_response_code: code } as const)
    : {};
  const [only] = destinations;
  if (only && destinations.length === 1) return { cluster: only.cluster, ...missing };
  const clusters = destinations
    .filter(({ weight }) => weight > 0)
    .map(({ cluster, weight, fault }) => ({
      name: cluster,
      weight: { value: weight },
      ...(fault && { typed_per_filter_config: fault }),
    }));
  // Old gRPC clients want to be told the sum.
  const sum = clusters.reduce((all, { weight }) => all + weight.value, 0);
  const total = kind === 'grpc' ? { total_weight: { value: sum } } : {};
  return { weighted_clusters: { clusters, ...total }, ...missing };
}
