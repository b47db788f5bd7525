import type { MeshIdentity } from '../telemetry/request-metrics.ts';
import type { NodeIdentity } from './protocol.ts';

/** Labels of Istio's standard metrics for a listener: the caller's side reports as source, the called one as destination. */
export function meshIdentity(node: NodeIdentity, outbound: boolean): MeshIdentity {
  const own = (side: 'source' | 'destination'): Record<string, string> => ({
    [`${side}_workload`]: node.service || 'unknown',
    [`${side}_workload_namespace`]: node.namespace || 'unknown',
  });
  if (!outbound) {
    return {
      reporter: 'destination',
      labels: {
        ...own('destination'),
        destination_service_name: node.service || 'unknown',
        destination_service_namespace: node.namespace || 'unknown',
      },
      peer: () => ({ source_workload: 'unknown', source_workload_namespace: 'unknown' }),
    };
  }
  return {
    reporter: 'source',
    labels: own('source'),
    peer: (cluster) => destination(cluster),
  };
}

/** Of a cluster named `SERVICE.NAMESPACE:PORT` (decision D17), or any other name. */
function destination(cluster: string): Record<string, string> {
  const [, service, namespace] = /^([^.:/]+)\.([^.:/]+):\d+/.exec(cluster) ?? [];
  return {
    destination_service: service ? `${service}.${namespace}.svc.cluster.local` : cluster || 'unknown',
    destination_service_name: service ?? (cluster || 'unknown'),
    destination_service_namespace: namespace ?? 'unknown',
  };
}
