import assert from 'node:assert/strict';
import { type CallOptions, Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { eventually } from './eventually.ts';
import { methods } from './grpc-test-service.ts';

/** The interop cases that both clients run, by gRPC's names. */
export const CASES = [
  'empty_unary',
  'large_unary',
  'client_streaming',
  'server_streaming',
  'ping_pong',
  'empty_stream',
  'cancel_after_begin',
  'cancel_after_first_response',
  'timeout_on_sleeping_server',
  'status_code_and_message',
  'special_status_message',
  'unimplemented_method',
  'custom_metadata',
] as const;
type Case = (typeof CASES)[number];

const SIZES = [27_182, 8, 1_828, 45_904];

type Method = (typeof methods)[keyof typeof methods];
const asIs = (bytes: Buffer): Buffer => bytes;

interface Answered {
  readonly error: ServiceError | null;
  readonly message: Buffer | undefined;
  readonly initial: Metadata | undefined;
  readonly trailing: Metadata | undefined;
}

/** The cases by a client of grpc-js; each throws when the service, or the way to it, is not as it has to be. */
export class GrpcJsCases {
  readonly client: Client;
  readonly #cancelled: () => number | null;

  /** `cancelled`: how many calls the server has seen given up; null when it cannot tell. */
  constructor(
    outbound: number,
    authority: string,
    cancelled: () => number | null,
    channel = credentials.createInsecure(),
  ) {
    this.#cancelled = cancelled;
    this.client = new Client(`127.0.0.1:${outbound}`, channel, {
      'grpc.default_authority': authority,
      // Within TLS: who is dialled by address has to be called by name.
      'grpc.ssl_target_name_override': authority,
      'grpc.enable_http_proxy': 0,
    });
  }

  run(name: Case): Promise<void> {
    return this.#cases[name]();
  }

  unary(method: Method, message: Buffer, metadata = new Metadata(), options: CallOptions = {}): Promise<Answered> {
    return new Promise((resolve) => {
      let initial: Metadata | undefined;
      let trailing: Metadata | undefined;
      const call = this.client.makeUnaryRequest(method.path, asIs, asIs, message, metadata, options, (error, answer) =>
        setImmediate(() => resolve({ error, message: answer, initial, trailing })),
      );
      call.on('metadata', (got: Metadata) => {
        initial = got;
      });
      call.on('status', (got) => {
        trailing = got.metadata;
      });
    });
  }

  async #fails(text: string): Promise<void> {
    const { error } = await this.unary(methods.fail, Buffer.concat([Buffer.from([2]), Buffer.from(text)]));
    assert.deepEqual([error?.code, error?.details], [2, text]);
  }

  readonly #cases: Readonly<Record<Case, () => Promise<void>>> = {
    empty_unary: async () => {
      assert.equal((await this.unary(methods.unary, Buffer.alloc(0))).message?.length, 0);
    },
    large_unary: async () => {
      const large = Buffer.alloc(271_828, 'a');
      const answered = await this.unary(methods.unary, large);
      assert.equal(answered.error, null);
      assert.ok(answered.message?.equals(large));
    },
    client_streaming: async () => {
      const sum = await new Promise<string>((resolve, reject) => {
        const call = this.client.makeClientStreamRequest(methods.clientStream.path, asIs, asIs, (error, answer) =>
          error ? reject(error) : resolve(String(answer)),
        );
        for (const size of SIZES) call.write(Buffer.alloc(size));
        call.end();
      });
      assert.equal(sum, '74922');
    },
    server_streaming: async () => {
      const sizes = [31_415, 9, 2_653, 58_979];
      const got: number[] = [];
      const asked = Buffer.from(JSON.stringify(sizes));
      const call = this.client.makeServerStreamRequest(methods.serverStream.path, asIs, asIs, asked);
      for await (const chunk of call) got.push((chunk as Buffer).length);
      assert.deepEqual(got, sizes);
    },
    ping_pong: async () => {
      const call = this.client.makeBidiStreamRequest(methods.duplex.path, asIs, asIs);
      const got: number[] = [];
      call.write(Buffer.alloc(SIZES[0] ?? 0));
      for await (const chunk of call) {
        got.push((chunk as Buffer).length);
        const next = SIZES[got.length];
        if (next === undefined) call.end();
        else call.write(Buffer.alloc(next));
      }
      assert.deepEqual(got, SIZES);
    },
    empty_stream: async () => {
      const call = this.client.makeBidiStreamRequest(methods.duplex.path, asIs, asIs);
      call.end();
      let count = 0;
      for await (const _ of call) count += 1;
      assert.equal(count, 0);
    },
    cancel_after_begin: () => {
      return this.#givesUp(
        () =>
          new Promise((resolve) => {
            const call = this.client.makeClientStreamRequest(methods.clientStream.path, asIs, asIs, (error) =>
              resolve(error?.code ?? -1),
            );
            call.write(Buffer.from('x'));
            setTimeout(() => call.cancel(), 100);
          }),
      );
    },
    cancel_after_first_response: () => {
      return this.#givesUp(
        () =>
          new Promise((resolve) => {
            const call = this.client.makeBidiStreamRequest(methods.duplex.path, asIs, asIs);
            call.on('data', () => call.cancel());
            call.on('error', (error: ServiceError) => resolve(error.code));
            call.write(Buffer.from('x'));
          }),
      );
    },
    timeout_on_sleeping_server: async () => {
      const options = { deadline: Date.now() + 200 };
      const { error } = await this.unary(methods.sleep, Buffer.from('x'), new Metadata(), options);
      assert.equal(error?.code, status.DEADLINE_EXCEEDED);
    },
    status_code_and_message: () => this.#fails('test status message'),
    special_status_message: () => {
      return this.#fails('\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n');
    },
    unimplemented_method: async () => {
      const { error } = await this.unary(methods.unimplemented, Buffer.alloc(0));
      assert.equal(error?.code, status.UNIMPLEMENTED);
    },
    custom_metadata: async () => {
      const metadata = new Metadata();
      metadata.set('x-initial', 'test_initial_metadata_value');
      metadata.set('x-trailing-bin', Buffer.from([0xab, 0xab, 0xab]));
      const { error, initial, trailing } = await this.unary(methods.unary, Buffer.from('x'), metadata);
      assert.equal(error, null);
      assert.deepEqual(initial?.get('x-initial'), ['test_initial_metadata_value']);
      assert.deepEqual(trailing?.get('x-trailing-bin'), [Buffer.from([0xab, 0xab, 0xab])]);
    },
  };

  /** The server notices, too. */
  async #givesUp(act: () => Promise<number>): Promise<void> {
    const earlier = this.#cancelled();
    assert.equal(await act(), status.CANCELLED);
    if (earlier !== null) await eventually(() => this.#cancelled() === earlier + 1);
  }
}
