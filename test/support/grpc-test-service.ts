import {
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js';

const asIs = (bytes: Buffer): Buffer => bytes;
const method = (name: string, requestStream: boolean, responseStream: boolean): MethodDefinition<Buffer, Buffer> => ({
  path: `/test.Interop/${name}`,
  requestStream,
  responseStream,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
});

/** The shape of gRPC's interop service, with plain bytes as messages. */
export const methods = {
  unary: method('Unary', false, false),
  clientStream: method('ClientStream', true, false),
  serverStream: method('ServerStream', false, true),
  duplex: method('Duplex', true, true),
  fail: method('Fail', false, false),
  sleep: method('Sleep', false, false),
  unimplemented: method('Unimplemented', false, false),
} as const;

const served: ServiceDefinition = {
  Unary: methods.unary,
  ClientStream: methods.clientStream,
  ServerStream: methods.serverStream,
  Duplex: methods.duplex,
  Fail: methods.fail,
  Sleep: methods.sleep,
};

export interface GrpcTestServer {
  readonly port: number;
  /** Calls that the client gave up. */
  cancelled: number;
  stop(): void;
}

type Unary = (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => void;

/** A plain gRPC server on 127.0.0.1: echoes, sums, counts, fails and sleeps. */
export async function startGrpcTestServer(): Promise<GrpcTestServer> {
  const server = new Server();
  const state: GrpcTestServer = { port: 0, cancelled: 0, stop: () => server.forceShutdown() };
  const unary: Unary = (call, answer) => {
    const initial = call.metadata.get('x-initial');
    if (initial.length > 0) {
      const metadata = new Metadata();
      metadata.set('x-initial', initial[0] ?? '');
      call.sendMetadata(metadata);
    }
    const trailing = new Metadata();
    const bin = call.metadata.get('x-trailing-bin');
    if (bin.length > 0) trailing.set('x-trailing-bin', bin[0] ?? '');
    answer(null, call.request, trailing);
  };
  const fail: Unary = (call, answer) => {
    const code = call.request[0] ?? status.UNKNOWN;
    answer({ code, details: call.request.subarray(1).toString('utf8') });
  };
  const handlers: Record<string, unknown> = {
    Unary: unary,
    ClientStream(call: ServerReadableStream<Buffer, Buffer>, answer: sendUnaryData<Buffer>) {
      let sum = 0;
      call.on('data', (chunk: Buffer) => {
        sum += chunk.length;
      });
      call.on('end', () => answer(null, Buffer.from(String(sum))));
      call.on('cancelled', () => {
        state.cancelled += 1;
      });
    },
    ServerStream(call: ServerWritableStream<Buffer, Buffer>) {
      for (const size of JSON.parse(call.request.toString()) as number[]) call.write(Buffer.alloc(size, 'x'));
      call.end();
    },
    Duplex(call: ServerDuplexStream<Buffer, Buffer>) {
      call.on('data', (chunk: Buffer) => call.write(chunk));
      call.on('end', () => call.end());
      call.on('cancelled', () => {
        state.cancelled += 1;
      });
    },
    Fail: fail,
    Sleep: ((call, answer) => setTimeout(() => answer(null, call.request), 10_000).unref()) as Unary,
  };
  server.addService(served, handlers as Record<string, UntypedHandleCall>);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return Object.assign(state, { port });
}
