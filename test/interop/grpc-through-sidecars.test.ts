/** gRPC's interop cases by grpc-js and by the C core, each on both ends, through an outbound and an inbound sidecar. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { eventually } from '../support/eventually.ts';
import { CASES, GrpcJsCases } from '../support/grpc-cases.ts';
import { runGrpcCoreCases, startGrpcCoreServer, withoutGrpcCore } from '../support/grpc-core.ts';
import { methods, startGrpcTestServer } from '../support/grpc-test-service.ts';
import { Mesh } from '../support/mesh.ts';
import type { Sidecar } from '../support/sidecar.ts';

let mesh: Mesh;
let caller: Sidecar;

before(async () => {
  mesh = await Mesh.start();
  caller = await mesh.sidecar('web', null);
});
after(() => mesh.stop());

const implementations = [
  { name: 'grpc-js', service: 'greeter', start: startGrpcTestServer, skip: false },
  { name: 'the C core', service: 'greeter-core', start: startGrpcCoreServer, skip: withoutGrpcCore() },
] as const;

for (const { name, service, start, skip } of implementations) {
  describe(`to a server of ${name}`, { skip }, () => {
    let server: { readonly port: number; readonly cancelled: number | null; stop(): void };
    let cases: GrpcJsCases;

    before(async () => {
      server = await start();
      await mesh.sidecar(service, server.port, { flags: ['--protocol', 'grpc'] });
      await mesh.endpoints(service, 1);
      cases = new GrpcJsCases(caller.port('outbound'), service, () => server.cancelled);
    });
    after(() => {
      cases?.client.close();
      server?.stop();
    });

    for (const each of CASES) test(`grpc-js: ${each}`, () => cases.run(each));

    test('the C core', { skip: withoutGrpcCore() }, async (t) => {
      const earlier = server.cancelled;
      const outcomes = await runGrpcCoreCases(caller.port('outbound'), service);
      assert.deepEqual([...outcomes.keys()], [...CASES]);
      for (const [each, error] of outcomes) await t.test(each, () => assert.equal(error, ''));
      // Streams that end in good order count with grpc-js, too.
      if (earlier !== null) await eventually(() => (server.cancelled ?? 0) >= earlier + 2);
    });
  });
}

test('an unknown service is UNIMPLEMENTED or UNAVAILABLE at once, as gRPC understands it', async (t) => {
  const nobody = new GrpcJsCases(caller.port('outbound'), 'nobody', () => null);
  t.after(() => nobody.client.close());
  const { error } = await nobody.unary(methods.unary, Buffer.alloc(0));
  assert.ok(error?.code === status.UNIMPLEMENTED || error?.code === status.UNAVAILABLE, `code ${error?.code}`);
});
