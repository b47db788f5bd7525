import type { ClusterPlan, EndpointsPlan, LimitsPlan } from '../core/plan/cluster.ts';
import { BREAKER, FLAG, ROW, SHARED, type Slot, type SlotTable } from '../core/slots.ts';
import type { Pieces } from '../runtime/pieces.ts';

/** Success rates of the last interval of outlier detection: percent, -1 = too few requests to tell. */
export interface SuccessRates {
  ratesOf(cluster: string): { readonly average: number; readonly threshold: number };
  rateOf(slot: number): number;
}

interface HostView {
  readonly slot: number;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly priority: number;
  readonly hostname: string;
  readonly flags: string[];
  /** Of its own error-rate breaker; '' = it has none. */
  readonly breaker: string;
  readonly stats: Readonly<Record<string, number>>;
}

interface ClusterView {
  readonly name: string;
  readonly plan: ClusterPlan;
  /** What is under way, by priority. */
  readonly usage: Readonly<Record<'default' | 'high', Readonly<Record<string, number>>>>;
  readonly hosts: readonly HostView[];
}

const flagWords: readonly [number, string][] = [
  [FLAG.ejected, 'failed_outlier_check'],
  [FLAG.failedCheck, 'failed_active_hc'],
  [FLAG.unhealthy, 'failed_eds_health'],
  [FLAG.draining, 'draining'],
  [FLAG.degraded, 'degraded_eds_health'],
  [FLAG.broken, 'failed_error_rate'],
];

/** What the sidecar knows of its clusters and endpoints now, read from the shared slots. */
function clusterViews(pieces: Pieces, slots: SlotTable): ClusterView[] {
  return [...pieces.cluster.values()].map((plan) => {
    const usage = { default: usageOf(slots.slot(plan.slot)), high: usageOf(slots.slot(plan.highSlot)) };
    const endpoints = pieces.endpoints.get(plan.endpoints);
    return { name: plan.name, plan, usage, hosts: endpoints ? hostViews(endpoints, plan, slots) : [] };
  });
}

function usageOf(own: Slot): Readonly<Record<string, number>> {
  return {
    cx_active: own.sum(ROW.connections),
    rq_active: own.sum(ROW.active),
    rq_pending_active: own.sum(ROW.pending),
    rq_retry_active: own.sum(ROW.retries),
  };
}

/** Of an error-rate breaker. */
function stateOf(slot: Slot): string {
  const state = slot.shared(SHARED.breaker);
  return state === BREAKER.open ? 'open' : state === BREAKER.halfOpen ? 'half-open' : 'closed';
}

function hostViews(plan: EndpointsPlan, { breaker }: ClusterPlan, slots: SlotTable): HostView[] {
  return plan.addresses.map((address, row) => {
    const index = plan.slots[row] ?? 0;
    const slot = slots.slot(index);
    const bits = slot.shared(SHARED.flags);
    const [total, failed] = [slot.total(ROW.requests), slot.total(ROW.failures)];
    return {
      slot: index,
      address,
      port: plan.ports[row] ?? 0,
      weight: plan.weights[row] ?? 1,
      priority: plan.priorities[row] ?? 0,
      hostname: plan.hostnames[row] ?? '',
      breaker: breaker?.per === 'endpoint' ? stateOf(slot) : '',
      flags: flagWords.filter(([bit]) => (bits & bit) !== 0).map(([, word]) => word),
      stats: {
        cx_active: slot.sum(ROW.connections),
        rq_active: slot.sum(ROW.active),
        rq_error: failed,
        rq_success: Math.max(0, total - failed - slot.sum(ROW.active)),
        rq_total: total,
      },
    };
  });
}

/** Envoy's text form: `cluster::ip:port::name::value`. */
export function clustersText(pieces: Pieces, slots: SlotTable, rates: SuccessRates): string {
  const lines: string[] = [];
  for (const { name, plan, usage, hosts } of clusterViews(pieces, slots)) {
    const { breaker, outlier } = plan;
    lines.push(`${name}::observability_name::${plan.statName}`);
    lines.push(`${name}::outlier::${outlier ? `consecutive_5xx=${outlier.consecutive5xx}` : 'off'}`);
    if (outlier) {
      const { average, threshold } = rates.ratesOf(name);
      lines.push(`${name}::outlier::success_rate_average::${average}`);
      lines.push(`${name}::outlier::success_rate_ejection_threshold::${threshold}`);
    }
    if (breaker?.per === 'service') lines.push(`${name}::error_rate_breaker::${stateOf(slots.slot(plan.slot))}`);
    for (const [priority, limits, active] of [
      ['default', plan.limits, usage.default],
      ['high', plan.highLimits, usage.high],
    ] as const) {
      const head = `${name}::${priority}_priority`;
      lines.push(`${head}::max_connections::${limits.maxConnections}`);
      lines.push(`${head}::max_pending_requests::${limits.maxPendingRequests}`);
      lines.push(`${head}::max_requests::${limits.maxRequests}`);
      lines.push(`${head}::max_retries::${limits.maxRetries}`);
      for (const [key, value] of Object.entries(active)) lines.push(`${head}::${key}::${value}`);
    }
    for (const host of hosts) {
      const head = `${name}::${host.address}:${host.port}`;
      for (const [key, value] of Object.entries(host.stats)) lines.push(`${head}::${key}::${value}`);
      lines.push(`${head}::hostname::${host.hostname}`);
      lines.push(
        `${head}::health_flags::${host.flags.length > 0 ? host.flags.map((each) => `/${each}`).join('') : 'healthy'}`,
      );
      if (host.breaker !== '') lines.push(`${head}::error_rate_breaker::${host.breaker}`);
      lines.push(`${head}::weight::${host.weight}`);
      lines.push(`${head}::priority::${host.priority}`);
      if (outlier) lines.push(`${head}::success_rate::${rates.rateOf(host.slot)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Envoy's admin.v3.Clusters as JSON, as far as we know the values. */
export function clustersJson(pieces: Pieces, slots: SlotTable, rates: SuccessRates): unknown {
  return {
    cluster_statuses: clusterViews(pieces, slots).map(({ name, plan, usage, hosts }) => ({
      name,
      observability_name: plan.statName,
      added_via_api: true,
      circuit_breakers: {
        thresholds: [thresholdsOf('DEFAULT', plan.limits), thresholdsOf('HIGH', plan.highLimits)],
      },
      ...(plan.outlier && { success_rate_ejection_threshold: { value: rates.ratesOf(name).threshold } }),
      active: usage.default,
      active_high: usage.high,
      ...(plan.breaker?.per === 'service' && { error_rate_breaker: stateOf(slots.slot(plan.slot)) }),
      host_statuses: hosts.map((host) => ({
        address: { socket_address: { address: host.address, port_value: host.port } },
        hostname: host.hostname,
        weight: host.weight,
        priority: host.priority,
        ...(host.breaker !== '' && { error_rate_breaker: host.breaker }),
        ...(plan.outlier && { success_rate: { value: rates.rateOf(host.slot) } }),
        stats: Object.entries(host.stats).map(([key, value]) => ({
          name: key,
          type: key.endsWith('active') ? 'GAUGE' : 'COUNTER',
          value: String(value),
        })),
        health_status: {
          eds_health_status: 'HEALTHY',
          ...Object.fromEntries(host.flags.map((word) => [word, true])),
        },
      })),
    })),
  };
}

function thresholdsOf(priority: 'DEFAULT' | 'HIGH', limits: LimitsPlan): unknown {
  return {
    priority,
    max_connections: limits.maxConnections,
    max_pending_requests: limits.maxPendingRequests,
    max_requests: limits.maxRequests,
    max_retries: limits.maxRetries,
  };
}
