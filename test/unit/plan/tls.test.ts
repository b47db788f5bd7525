import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { encode } from '../../../shared/xds/codec.ts';
import { fromJson } from '../../../shared/xds/json.ts';
import { readBootstrap, validateBootstrap } from '../../../sidecar/plan/bootstrap-file.ts';
import { readResource } from '../../../sidecar/plan/resource.ts';
import { Authority, withoutOpenssl } from '../../support/authority.ts';
import { bootstrap, cluster, httpListener, type Json } from '../../support/bootstrap.ts';
import {
  clientSocket,
  httpOptions,
  inline,
  named,
  serverSocket,
  trusting,
  withChainFields,
} from '../../support/transport-socket.ts';

const skip = withoutOpenssl;
const S = 'static_resources.listeners[0].filter_chains[0].transport_socket.typed_config';
const U = 'static_resources.clusters[0].transport_socket.typed_config';

type Own = ReturnType<Authority['issue']>;
interface Ground {
  readonly authority: Authority;
  readonly own: Own;
  readonly file: (name: string, content: string) => string;
}

const towardsClients = (common: Json, over: Json = {}): ((ground: Ground) => Json) => {
  return ({ own }) =>
    bootstrap([withChainFields(httpListener(), serverSocket(own, common, over))], [cluster('cart', [1])]);
};
const towardsEndpoints = (make: (ground: Ground) => [Json, Json?], over: Json = {}): ((ground: Ground) => Json) => {
  return (ground) => bootstrap([httpListener()], [cluster('cart', [1], { ...clientSocket(...make(ground)), ...over })]);
};
const certificate = (make: (ground: Ground) => Json): ((ground: Ground) => Json) => {
  return (ground) => towardsClients({ tls_certificates: [make(ground)] })(ground);
};
const C = `${S}.common_tls_context.tls_certificates[0]`;

const refused: [string, (ground: Ground) => Json, string | RegExp][] = [
  [
    'a file that is not there',
    certificate(({ own }) => ({ ...inline(own), private_key: { filename: '/nowhere/key.pem' } })),
    `${C}.private_key.filename: cannot read "/nowhere/key.pem": ENOENT`,
  ],
  [
    'a folder in place of a file',
    certificate(({ authority, own }) => ({ ...inline(own), private_key: { filename: authority.folder } })),
    /tls_certificates\[0\]\.private_key\.filename: cannot read ".*": it is no file$/,
  ],
  [
    'a file that is too large',
    certificate(({ file, own }) => {
      const name = file('large.pem', '');
      truncateSync(name, 2 ** 21);
      return { ...inline(own), certificate_chain: { filename: name } };
    }),
    /certificate_chain\.filename: ".*" has 2097152 bytes, at most 1048576 are read$/,
  ],
  [
    'what is no certificate',
    certificate(({ own }) => ({ ...inline(own), certificate_chain: { inline_string: 'x' } })),
    `${C}.certificate_chain: holds no certificate in PEM`,
  ],
  [
    'a certificate that is damaged',
    certificate(({ own }) => ({
      ...inline(own),
      certificate_chain: { inline_string: own.cert.replace('MII', 'MIA') },
    })),
    `${C}.certificate_chain: holds a certificate that cannot be read`,
  ],
  [
    'a key that is none',
    certificate(({ own }) => ({ ...inline(own), private_key: { inline_string: own.cert } })),
    `${C}.private_key: holds no private key in PEM that can be read without a password`,
  ],
  [
    'a key of another certificate',
    certificate(({ authority, own }) => ({ ...inline(own), private_key: { inline_string: authority.issue().key } })),
    `${C}.private_key: does not belong to the certificate`,
  ],
  [
    'a certificate without its key',
    certificate(({ own }) => ({ certificate_chain: { inline_string: own.cert } })),
    `${C}.private_key: is required`,
  ],
  [
    'an environment variable',
    certificate(({ own }) => ({ ...inline(own), private_key: { environment_variable: 'KEY' } })),
    /private_key\.environment_variable: not supported yet/,
  ],
  [
    'no certificate at all',
    towardsClients({ tls_certificates: [] }),
    `${S}.common_tls_context.tls_certificates: one is required`,
  ],
  [
    'two certificates of one kind of key',
    (ground) => towardsClients({ tls_certificates: [inline(ground.own), inline(ground.authority.issue())] })(ground),
    `${S}.common_tls_context.tls_certificates[1]: not supported yet (another one has a key of ec, too)`,
  ],
  [
    'a version that is broken',
    towardsClients({ tls_params: { tls_minimum_protocol_version: 'TLSv1_0' } }),
    /tls_minimum_protocol_version: not supported yet \(TLSv1_0 is broken\)/,
  ],
  [
    'a maximum below the minimum',
    towardsClients({
      tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_2' },
    }),
    /tls_maximum_protocol_version: is below the minimum/,
  ],
  [
    'certificates by discovery',
    towardsClients({ tls_certificates: [], tls_certificate_sds_secret_configs: [{ name: 'own' }] }),
    /common_tls_context\.tls_certificate_sds_secret_configs: not supported yet/,
  ],
  [
    'a field of Envoy that we do not have',
    towardsClients({}, { require_sni: true }),
    `${S}.require_sni: not supported`,
  ],
  [
    'names without an authority',
    towardsEndpoints(() => [{ validation_context: { match_typed_subject_alt_names: [named('DNS', 'a')] } }]),
    `${U}.common_tls_context.validation_context.trusted_ca: is required with match_typed_subject_alt_names`,
  ],
  [
    'names that are not exact',
    towardsEndpoints(({ authority }) => [
      trusting(authority.certificate, { san_type: 'DNS', matcher: { prefix: 'a' } }),
    ]),
    /match_typed_subject_alt_names\[0\]\.matcher: not supported yet \(use exact\)/,
  ],
  [
    'an address as a server name',
    towardsEndpoints(() => [{}, { sni: '10.0.0.1' }]),
    `${U}.sni: "10.0.0.1" is no server name`,
  ],
  [
    'an address that is none',
    towardsEndpoints(({ authority }) => [trusting(authority.certificate, named('IP_ADDRESS', '10.0.0'))]),
    /matcher\.exact: "10\.0\.0" is no name of this kind/,
  ],
  [
    'a protocol by ALPN without TLS',
    () => bootstrap([httpListener()], [cluster('cart', [1], httpOptions({ auto_config: {} }))]),
    /HttpProtocolOptions"\]\.auto_config: needs a transport socket with TLS$/,
  ],
  [
    'an authority that is none',
    towardsEndpoints(() => [trusting('nobody')]),
    `${U}.common_tls_context.validation_context.trusted_ca: holds no certificate in PEM`,
  ],
  [
    'a health check by gRPC without a server name',
    towardsEndpoints(() => [{}], {
      health_checks: [
        {
          timeout: '1s',
          interval: '1s',
          unhealthy_threshold: 1,
          healthy_threshold: 1,
          grpc_health_check: {},
        },
      ],
    }),
    `${U}.sni: is required with grpc_health_check`,
  ],
  [
    'the context of the other side',
    ({ own }) => bootstrap([httpListener()], [cluster('cart', [1], serverSocket(own))]),
    /clusters\[0\]\.transport_socket: not supported yet \(.*DownstreamTlsContext\)/,
  ],
];

for (const [what, make, line] of refused) {
  test(`${what} is refused with the path of the field`, { skip }, (t) => {
    const authority = new Authority(t);
    const file = (name: string, content: string): string => {
      writeFileSync(path.join(authority.folder, name), content);
      return path.join(authority.folder, name);
    };
    const problems = validateBootstrap(JSON.stringify(make({ authority, own: authority.issue(), file })), 'b.json');
    assert.equal(problems.length, 1, problems.join('\n'));
    if (typeof line === 'string') assert.equal(problems[0], line);
    else assert.match(problems[0] as string, line);
  });
}

test('what weakens TLS is refused even by the lenient', { skip }, (t) => {
  const authority = new Authority(t);
  const validation_context = { trusted_ca: { filename: authority.file }, crl: { inline_string: 'x' } };
  const document = cluster('cart', [1], clientSocket({ validation_context }));
  const { findings } = readBootstrap(JSON.stringify(bootstrap([httpListener()], [document])), 'b.json');
  assert.deepEqual(findings.unsupported, []);
  assert.deepEqual(findings.wrong, [`${U}.common_tls_context.validation_context.crl: not supported`]);
});

test('a discovered resource is read like a bootstrap, its files too', { skip }, (t) => {
  const authority = new Authority(t);
  const { certFile, keyFile } = authority.issue();
  const files = { certificate_chain: { filename: certFile }, private_key: { filename: keyFile } };
  const document = (certificates: Json): Json =>
    cluster('cart', [1], clientSocket({ tls_certificates: [certificates] }, { sni: 'cart' }));
  const read = (json: Json, lenient = false): ReturnType<typeof readResource> => {
    const { message, problems } = fromJson('envoy.config.cluster.v3.Cluster', json);
    assert.deepEqual(problems, []);
    const bytes = encode('envoy.config.cluster.v3.Cluster', message);
    return readResource('type.googleapis.com/envoy.config.cluster.v3.Cluster', 'cart', bytes, lenient);
  };
  const { resource, problems } = read(document(files));
  assert.deepEqual(problems, []);
  assert.ok(resource?.kind === 'cluster');
  const { tls } = resource.value.plan;
  assert.deepEqual(tls?.files, [certFile, keyFile]);
  assert.equal(tls.serverName, 'cart');
  assert.equal(tls.maxSessions, 1);
  const gone = read(document({ ...files, private_key: { filename: path.join(authority.folder, 'none') } }), true);
  assert.match(
    gone.problems.join(),
    /^Cluster cart: transport_socket\..*private_key\.filename: cannot read ".*": ENOENT$/,
  );
  assert.equal(gone.resource, undefined);
});

test('contexts of the same content have the same id, and others another', { skip }, (t) => {
  const authority = new Authority(t);
  const own = authority.issue();
  const planOf = (common: Json): { id: string; ticketKeys: string } => {
    const document = bootstrap([withChainFields(httpListener(), serverSocket(own, common))], [cluster('cart', [1])]);
    const { listeners, findings } = readBootstrap(JSON.stringify(document), 'b.json');
    assert.deepEqual(findings, { wrong: [], unsupported: [] });
    return listeners[0]?.listener.chains[0]?.tls as { id: string; ticketKeys: string };
  };
  assert.deepEqual(planOf({}), planOf({}));
  assert.notEqual(planOf({}).id, planOf({ alpn_protocols: ['h2'] }).id);
  assert.notEqual(planOf({}).ticketKeys, planOf({ alpn_protocols: ['h2'] }).ticketKeys);
  assert.equal(Buffer.from(planOf({}).ticketKeys, 'base64').length, 48);
});
