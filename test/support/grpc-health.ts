import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { decode, encode } from '../../shared/xds/codec.ts';

type Call = ServerUnaryCall<{ service?: string }, Buffer>;

export interface HealthServer {
  readonly port: number;
  /** Of the last call. */
  metadata: Metadata;
  authority: string;
  set(service: string, state: State): void;
  stop(): void;
}
type State = 'SERVING' | 'NOT_SERVING';

const service: ServiceDefinition = {
  Check: {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: object) => encode('grpc.health.v1.HealthCheckRequest', message),
    requestDeserialize: (bytes: Buffer) => decode('grpc.health.v1.HealthCheckRequest', bytes),
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  },
};

/** A server of grpc.health.v1 on 127.0.0.1: states by service; others are NOT_FOUND. */
export async function startHealthServer(
  states: Readonly<Record<string, State>>,
  credentials = ServerCredentials.createInsecure(),
): Promise<HealthServer> {
  const known = new Map<string, State>(Object.entries(states));
  const server = new Server();
  const check = (call: Call, answer: sendUnaryData<Buffer>): void => {
    health.metadata = call.metadata;
    health.authority = call.getHost();
    const state = known.get(call.request.service ?? '');
    if (!state) answer({ code: status.NOT_FOUND, details: 'unknown service' });
    else answer(null, encode('grpc.health.v1.HealthCheckResponse', { status: state }));
  };
  server.addService(service, { Check: check as unknown as UntypedHandleCall });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const health: HealthServer = {
    port,
    metadata: undefined as unknown as Metadata,
    authority: '',
    set: (name, state) => known.set(name, state),
    stop: () => server.forceShutdown(),
  };
  return health;
}
