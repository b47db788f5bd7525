import { type CallOptions, Client, credentials, Metadata } from '@grpc/grpc-js';

/** What came of a call; `code` 0 = OK. */
export interface GrpcAnswer {
  readonly code: number;
  readonly details: string;
  /** The message as text, '' without one. */
  readonly message: string;
  readonly initial: Readonly<Record<string, string>>;
}

const asIs = (bytes: Buffer): Buffer => bytes;

/** Unary calls of any method of a service of the mesh, by the outbound listener of a sidecar. Messages are plain bytes. */
export class GrpcClient {
  readonly #client: Client;

  constructor(outbound: number, authority: string) {
    this.#client = new Client(`127.0.0.1:${outbound}`, credentials.createInsecure(), {
      'grpc.default_authority': authority,
      'grpc.enable_http_proxy': 0,
      'grpc.enable_retries': 0,
    });
  }

  /** `timeout`: the call's own, ms; absent = none. */
  call(path: string, headers: Readonly<Record<string, string>> = {}, timeout?: number): Promise<GrpcAnswer> {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    const options: CallOptions = timeout === undefined ? {} : { deadline: Date.now() + timeout };
    return new Promise((resolve) => {
      let initial: Record<string, string> = {};
      const call = this.#client.makeUnaryRequest(
        path,
        asIs,
        asIs,
        Buffer.alloc(0),
        metadata,
        options,
        (error, answer) =>
          setImmediate(() =>
            resolve({ code: error?.code ?? 0, details: error?.details ?? '', message: String(answer ?? ''), initial }),
          ),
      );
      call.on('metadata', (got: Metadata) => {
        initial = Object.fromEntries(Object.entries(got.getMap()).map(([name, value]) => [name, String(value)]));
      });
    });
  }

  close(): void {
    this.#client.close();
  }
}
