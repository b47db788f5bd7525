import {
  Server,
  ServerCredentials,
  type ServerMetricRecorder,
  type ServiceDefinition,
  type UntypedHandleCall,
} from '@grpc/grpc-js';

export interface GrpcBackend {
  readonly port: number;
  stop(): void;
}

const asIs = (bytes: Buffer): Buffer => bytes;
const greeter: ServiceDefinition = {
  Hello: {
    path: '/test.Greeter/Hello',
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
};

/** A plain gRPC server on 127.0.0.1 that answers every call with its name, and reports `load` to who asks (ORCA). */
export async function startGrpcBackend(name: string, load?: ServerMetricRecorder): Promise<GrpcBackend> {
  const server = new Server();
  const hello = (_call: unknown, answer: (error: null, bytes: Buffer) => void): void => answer(null, Buffer.from(name));
  server.addService(greeter, { Hello: hello as unknown as UntypedHandleCall });
  load?.addToServer(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, stop: () => server.forceShutdown() };
}
