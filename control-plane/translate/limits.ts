import { parseDuration } from '../../shared/struct/duration.ts';
import { pack } from '../../shared/xds/codec.ts';
import { fromMs } from '../../shared/xds/duration.ts';
import type { CircuitBreaker, ErrorRate } from '../model/circuit-breaker.ts';
import type { TrafficPolicy } from '../model/traffic-policy.ts';
import type { NodeKind } from './caller.ts';
import { type Message, ownMetadata } from './message.ts';
import type { Note } from './problem.ts';
import { retryOf } from './retry.ts';

type Cluster = Message<'envoy.config.cluster.v3.Cluster'>;

/** What may be under way at once, as far as a kind of client knows it. */
export function limits(policy: TrafficPolicy | undefined, kind: NodeKind, note: Note): Cluster {
  const block = policy?.spec.circuitBreaker;
  if (policy && block && kind !== 'aya') {
    const unknown = ['errorRate', 'maxRequestsPerEndpoint', ...(kind === 'grpc' ? ['maxConnectionsPerEndpoint'] : [])];
    for (const name of unknown) {
      if (block[name as keyof CircuitBreaker] === undefined) continue;
      note(policy, `circuitBreaker.${name}: not known to ${kind === 'grpc' ? 'gRPC clients' : 'Envoy'}`, kind);
    }
  }
  if (kind === 'grpc') {
    return block ? { circuit_breakers: { thresholds: [{ max_requests: { value: block.maxRequests } }] } } : {};
  }
  const retries = block?.maxRetries;
  const { percent } = retryOf(policy).budget;
  const perEndpoint = block?.maxConnectionsPerEndpoint;
  return {
    circuit_breakers: {
      thresholds: [
        {
          ...(block && {
            max_connections: { value: block.maxConnections },
            max_pending_requests: { value: block.maxPendingRequests },
            max_requests: { value: block.maxRequests },
          }),
          ...(retries !== undefined && { max_retries: { value: retries } }),
          // Aya's own budget is in ClusterOptions: it counts over 10 s, not what is under way.
          ...(retries === undefined && kind === 'envoy' && { retry_budget: { budget_percent: { value: percent } } }),
        },
      ],
      ...(perEndpoint !== undefined && { per_host_thresholds: [{ max_connections: { value: perEndpoint } }] }),
    },
  };
}

/** What only Aya's sidecar knows. They are always there, since they also say that never all endpoints are ejected. */
export function ownOptions(policy: TrafficPolicy | undefined): Cluster {
  const block = policy?.spec.circuitBreaker;
  const { percent, minPerSecond } = retryOf(policy).budget;
  const options = pack('aya.v1.ClusterOptions', {
    // maxRetries stands in place of the budget.
    ...(block?.maxRetries === undefined && {
      retry_budget: { percent, min_per_second: minPerSecond, interval: fromMs(10_000) },
    }),
    ...(block?.errorRate && { error_rate: errorRate(block.errorRate) }),
    ...(block?.maxRequestsPerEndpoint !== undefined && {
      max_requests_per_endpoint: { value: block.maxRequestsPerEndpoint },
    }),
  });
  return { metadata: { typed_filter_metadata: { [ownMetadata]: options } } };
}

function errorRate(block: ErrorRate): Message<'aya.v1.ErrorRateBreaker'> {
  return {
    per: block.per === 'Endpoint' ? 'ENDPOINT' : 'SERVICE',
    threshold: block.threshold,
    window: span(block.window),
    min_requests: { value: block.minRequests },
    open_for: span(block.openFor),
    ...(block.maxOpenFor !== undefined && { max_open_for: span(block.maxOpenFor) }),
    probes: { value: block.probes },
  };
}

function span(text: string): ReturnType<typeof fromMs> {
  return fromMs(parseDuration(text) ?? 0);
}
