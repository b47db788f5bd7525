/** gRPC's interop cases by grpc-js on both ends, through an outbound and an inbound sidecar. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type CallOptions, Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { eventually } from '../support/eventually.ts';
import { type GrpcTestServer, methods, startGrpcTestServer } from '../support/grpc-test-service.ts';
import { Mesh } from '../support/mesh.ts';
import type { Sidecar } from '../support/sidecar.ts';

let mesh: Mesh;
let server: GrpcTestServer;
let caller: Sidecar;
let client: Client;

before(async () => {
  mesh = await Mesh.start();
  server = await startGrpcTestServer();
  await mesh.sidecar('greeter', server.port, { flags: ['--protocol', 'grpc'] });
  caller = await mesh.sidecar('web', null);
  await mesh.endpoints('greeter', 1);
  client = new Client(`127.0.0.1:${caller.port('outbound')}`, credentials.createInsecure(), {
    'grpc.default_authority': 'greeter',
    'grpc.enable_http_proxy': 0,
  });
});
after(async () => {
  client.close();
  server.stop();
  await mesh.stop();
});

type Method = (typeof methods)[keyof typeof methods];
const asIs = (bytes: Buffer): Buffer => bytes;

interface Answered {
  readonly error: ServiceError | null;
  readonly message: Buffer | undefined;
  readonly initial: Metadata | undefined;
  readonly trailing: Metadata | undefined;
}

function unary(
  method: Method,
  message: Buffer,
  metadata = new Metadata(),
  options: CallOptions = {},
): Promise<Answered> {
  return new Promise((resolve) => {
    let initial: Metadata | undefined;
    let trailing: Metadata | undefined;
    const call = client.makeUnaryRequest(method.path, asIs, asIs, message, metadata, options, (error, answer) =>
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

test('empty_unary and large_unary', async () => {
  assert.equal((await unary(methods.unary, Buffer.alloc(0))).message?.length, 0);
  const large = Buffer.alloc(271_828, 'a');
  const answered = await unary(methods.unary, large);
  assert.equal(answered.error, null);
  assert.ok(answered.message?.equals(large));
});

test('client_streaming', async () => {
  const sum = await new Promise<string>((resolve, reject) => {
    const call = client.makeClientStreamRequest(methods.clientStream.path, asIs, asIs, (error, answer) =>
      error ? reject(error) : resolve(String(answer)),
    );
    for (const size of [27_182, 8, 1_828, 45_904]) call.write(Buffer.alloc(size));
    call.end();
  });
  assert.equal(sum, '74922');
});

test('server_streaming', async () => {
  const sizes = [31_415, 9, 2_653, 58_979];
  const got: number[] = [];
  const call = client.makeServerStreamRequest(
    methods.serverStream.path,
    asIs,
    asIs,
    Buffer.from(JSON.stringify(sizes)),
  );
  for await (const chunk of call) got.push((chunk as Buffer).length);
  assert.deepEqual(got, sizes);
});

test('ping_pong: both directions live at once', async () => {
  const call = client.makeBidiStreamRequest(methods.duplex.path, asIs, asIs);
  const got: number[] = [];
  const sizes = [27_182, 8, 1_828, 45_904];
  call.write(Buffer.alloc(sizes[0] ?? 0));
  for await (const chunk of call) {
    got.push((chunk as Buffer).length);
    const next = sizes[got.length];
    if (next === undefined) call.end();
    else call.write(Buffer.alloc(next));
  }
  assert.deepEqual(got, sizes);
});

test('empty_stream', async () => {
  const call = client.makeBidiStreamRequest(methods.duplex.path, asIs, asIs);
  call.end();
  let count = 0;
  for await (const _ of call) count += 1;
  assert.equal(count, 0);
});

test('cancel_after_begin and cancel_after_first_response reach the server', async () => {
  const earlier = server.cancelled;
  const begun = await new Promise<number>((resolve) => {
    const call = client.makeClientStreamRequest(methods.clientStream.path, asIs, asIs, (error) =>
      resolve(error?.code ?? -1),
    );
    call.write(Buffer.from('x'));
    setTimeout(() => call.cancel(), 100);
  });
  assert.equal(begun, status.CANCELLED);
  const code = await new Promise<number>((resolve) => {
    const call = client.makeBidiStreamRequest(methods.duplex.path, asIs, asIs);
    call.on('data', () => call.cancel());
    call.on('error', (error: ServiceError) => resolve(error.code));
    call.write(Buffer.from('x'));
  });
  assert.equal(code, status.CANCELLED);
  await eventually(() => server.cancelled === earlier + 2);
});

test('timeout_on_sleeping_server', async () => {
  const { error } = await unary(methods.sleep, Buffer.from('x'), new Metadata(), { deadline: Date.now() + 200 });
  assert.equal(error?.code, status.DEADLINE_EXCEEDED);
});

test('status_code_and_message, special_status_message', async () => {
  const plain = await unary(methods.fail, Buffer.concat([Buffer.from([2]), Buffer.from('test status message')]));
  assert.deepEqual([plain.error?.code, plain.error?.details], [2, 'test status message']);
  const special = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
  const answered = await unary(methods.fail, Buffer.concat([Buffer.from([2]), Buffer.from(special)]));
  assert.deepEqual([answered.error?.code, answered.error?.details], [2, special]);
});

test('unimplemented_method', async () => {
  const { error } = await unary(methods.unimplemented, Buffer.alloc(0));
  assert.equal(error?.code, status.UNIMPLEMENTED);
});

test('custom_metadata', async () => {
  const metadata = new Metadata();
  metadata.set('x-initial', 'test_initial_metadata_value');
  metadata.set('x-trailing-bin', Buffer.from([0xab, 0xab, 0xab]));
  const { error, initial, trailing } = await unary(methods.unary, Buffer.from('x'), metadata);
  assert.equal(error, null);
  assert.deepEqual(initial?.get('x-initial'), ['test_initial_metadata_value']);
  assert.deepEqual(trailing?.get('x-trailing-bin'), [Buffer.from([0xab, 0xab, 0xab])]);
});

test('an unknown service is UNIMPLEMENTED or UNAVAILABLE at once, as gRPC understands it', async () => {
  const other = new Client(`127.0.0.1:${caller.port('outbound')}`, credentials.createInsecure(), {
    'grpc.default_authority': 'nobody',
    'grpc.enable_http_proxy': 0,
  });
  const code = await new Promise<number>((resolve) => {
    other.makeUnaryRequest(methods.unary.path, asIs, asIs, Buffer.alloc(0), (error) => resolve(error?.code ?? -1));
  });
  other.close();
  assert.ok(code === status.UNIMPLEMENTED || code === status.UNAVAILABLE, `code ${code}`);
});
