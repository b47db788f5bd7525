import type { MethodDefinition } from '@grpc/grpc-js';
import type { Input } from '../xds/canonical.ts';
import { decode, encode } from '../xds/codec.ts';
import type { Messages } from '../xds/messages.gen.ts';

/** The methods that Aya speaks, all of them as bidirectional streams. A test compares them with proto/. */
export const methods = {
  StreamAggregatedResources: {
    path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
    request: 'envoy.service.discovery.v3.DiscoveryRequest',
    response: 'envoy.service.discovery.v3.DiscoveryResponse',
  },
  DeltaAggregatedResources: {
    path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
    request: 'envoy.service.discovery.v3.DeltaDiscoveryRequest',
    response: 'envoy.service.discovery.v3.DeltaDiscoveryResponse',
  },
  StreamLoadStats: {
    path: '/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats',
    request: 'envoy.service.load_stats.v3.LoadStatsRequest',
    response: 'envoy.service.load_stats.v3.LoadStatsResponse',
  },
  Register: {
    path: '/aya.v1.WorkloadRegistry/Register',
    request: 'aya.v1.RegisterRequest',
    response: 'aya.v1.RegisterResponse',
  },
  /** One message each way; to the wire there is no difference. */
  Check: {
    path: '/grpc.health.v1.Health/Check',
    request: 'grpc.health.v1.HealthCheckRequest',
    response: 'grpc.health.v1.HealthCheckResponse',
  },
  StreamCoreMetrics: {
    path: '/xds.service.orca.v3.OpenRcaService/StreamCoreMetrics',
    request: 'xds.service.orca.v3.OrcaLoadReportRequest',
    response: 'xds.data.orca.v3.OrcaLoadReport',
  },
} as const;

export type Method = keyof typeof methods;
/** What a client sends and a server gets. */
export type RequestOf<M extends Method> = Messages[(typeof methods)[M]['request']];
/** What a server sends and a client gets. */
export type ResponseOf<M extends Method> = Messages[(typeof methods)[M]['response']];

const asIs = (bytes: Buffer): Buffer => bytes;

/** As grpc-js wants it on the server's side: responses are bytes already, made once and shared by all streams. */
export function serverMethod<M extends Method>(method: M): MethodDefinition<RequestOf<M>, Buffer> {
  const { path, request } = methods[method];
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: (message) => encode<typeof request>(request, message),
    requestDeserialize: (bytes) => decode(request, bytes) as RequestOf<M>,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

/** As grpc-js wants it on the client's side. */
export function clientMethod<M extends Method>(
  method: M,
): {
  path: string;
  serialize: (message: Input<RequestOf<M>>) => Buffer;
  deserialize: (bytes: Buffer) => ResponseOf<M>;
} {
  const { path, request, response } = methods[method];
  return {
    path,
    serialize: (message) => encode<typeof request>(request, message as Input<Messages[typeof request]>),
    deserialize: (bytes) => decode(response, bytes) as ResponseOf<M>,
  };
}
