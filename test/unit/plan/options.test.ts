import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions, type SidecarOptions } from '../../../sidecar/assemble/options.ts';
import { resolveBootstrap } from '../../../sidecar/plan/bootstrap.ts';
import { meshBootstrap } from '../../../sidecar/plan/mesh-bootstrap.ts';

function options(argv: string[], env = {}): SidecarOptions {
  const parsed = parseOptions(argv, env);
  assert.ok('options' in parsed, JSON.stringify(parsed));
  return parsed.options;
}

function problems(argv: string[], env = {}): readonly string[] {
  const parsed = parseOptions(argv, env);
  assert.ok('problems' in parsed);
  return parsed.problems;
}

test('a member of a mesh has the conventional addresses unless told otherwise', () => {
  const { mesh, file, concurrency, drainTime, announceTime } = options([
    '--service',
    'cart',
    '--app',
    '127.0.0.1:8080',
  ]);
  assert.deepEqual(mesh?.outbound, { host: '127.0.0.1', port: 15_001 });
  assert.deepEqual(mesh?.inbound, { host: '127.0.0.1', port: 15_006 });
  assert.deepEqual(mesh?.admin, { host: '127.0.0.1', port: 15_000 });
  assert.deepEqual(mesh?.controlPlane, [{ host: '127.0.0.1', port: 15_010 }]);
  assert.deepEqual([mesh?.namespace, mesh?.servicePort, mesh?.advertise], ['default', 80, null]);
  assert.deepEqual([file, concurrency, drainTime, announceTime], ['', 1, 30_000, 3_000]);
});

test('flags win over the environment, and an empty variable is none', () => {
  const env = {
    AYA_SERVICE: 'cart',
    AYA_CONTROL_PLANE: 'cp.example:1, [::1]:2',
    AYA_CONCURRENCY: '4',
    AYA_LENIENT: '',
    AYA_APP: '',
  };
  const { mesh, concurrency, lenient } = options(['--concurrency', '2'], env);
  assert.deepEqual(mesh?.controlPlane, [
    { host: 'cp.example', port: 1 },
    { host: '::1', port: 2 },
  ]);
  assert.deepEqual([mesh?.service, mesh?.app, concurrency, lenient], ['cart', null, 2, false]);
});

test('every error names its flag and says what to do', () => {
  assert.deepEqual(problems([]), [
    'say what to run: -c FILE (an Envoy bootstrap), or --service NAME --app HOST:PORT (joins a mesh)',
  ]);
  assert.deepEqual(problems(['-c', 'x', '--service', 'a']), [
    '--service: cannot be combined with -c; say it in the bootstrap file',
  ]);
  assert.match(problems(['--servcie', 'a'])[0] ?? '', /--servcie.*aya sidecar --help/);
  assert.deepEqual(
    problems([
      '--service',
      'Cart',
      '--app',
      'x',
      '--outbound',
      'web.example:1',
      '--concurrency',
      'many',
      '--locality',
      'a',
      '--log-level',
      'loud',
    ]),
    [
      `--service: "Cart" is no name: use lower-case letters, digits and '-' (RFC 1123 label)`,
      '--app: "x" is not HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080',
      '--outbound: "web.example:1" must be an IP address and a port: nobody can listen on a name',
      '--locality: "a": use REGION/ZONE',
      '--concurrency: "many": use a whole number from 1 to 128',
      '--log-level: "loud": use one of trace, debug, info, warn, error, fatal, silent',
    ].sort((one, other) => order(one) - order(other)),
  );
});

/** In the order in which they are read. */
const order = (line: string): number =>
  ['--service', '--app', '--outbound', '--locality', '--concurrency', '--log-level'].findIndex((flag) =>
    line.startsWith(flag),
  );

test('the bootstrap of a member is one that could stand in a file: no problems, and what the control plane wants to know', () => {
  const address = { host: '127.0.0.1', port: 15_001 };
  const message = meshBootstrap({
    node: 'cart-1',
    service: 'cart',
    namespace: 'shop',
    outbound: address,
    inbound: { listen: { host: '::1', port: 15_006 }, app: { host: '127.0.0.1', port: 80 }, servicePort: 8080 },
    admin: address,
    controlPlane: [{ host: 'cp.example', port: 15_010 }],
    locality: { region: 'r', zone: 'z' },
    version: '1',
  });
  const { findings, ads, admin, node } = resolveBootstrap(message);
  assert.deepEqual(findings, { wrong: [], unsupported: [] });
  assert.deepEqual(ads, {
    cluster: 'aya-control-plane',
    servers: [{ host: 'cp.example', port: 15_010 }],
    listeners: true,
    clusters: true,
  });
  assert.deepEqual(admin, address);
  assert.deepEqual(node.client_features, ['aya.v1.3']);
  assert.equal(message.cluster_manager?.local_cluster_name, 'cart.shop:8080');
  assert.equal(node.metadata?.fields.inbound?.string_value, '[::1]:15006');
  assert.equal(node.metadata?.fields.kind?.string_value, 'aya-sidecar');
});
