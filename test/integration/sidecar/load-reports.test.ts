import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, credentials, ServerMetricRecorder } from '@grpc/grpc-js';
import { bootstrap, cluster, forward, httpListener } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { startGrpcBackend } from '../../support/grpc-backend.ts';
import { startSidecar } from '../../support/sidecar.ts';

const type = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`;
const policy = {
  name: 'envoy.load_balancing_policies.client_side_weighted_round_robin',
  typed_config: {
    '@type': type('load_balancing_policies.client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin'),
    enable_oob_load_report: true,
    oob_reporting_period: '0.1s',
    blackout_period: '0s',
    weight_update_period: '0.1s',
    weight_expiration_period: '1s',
  },
};
const http2 = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    '@type': type('upstreams.http.v3.HttpProtocolOptions'),
    explicit_http_config: { http2_protocol_options: {} },
  },
};

test('endpoints are weighed by what grpc-js servers report out of band, in all workers, and alike when they stop', async (t) => {
  const loads = [new ServerMetricRecorder(), new ServerMetricRecorder()] as const;
  const report = (at: 0 | 1, utilization: number): void => {
    loads[at].setQpsMetric(100);
    loads[at].setCpuUtilizationMetric(utilization);
  };
  report(0, 0.1);
  report(1, 0.3);
  const backends = await Promise.all([
    startGrpcBackend('idle', loads[0]),
    startGrpcBackend('busy', loads[1]),
    startGrpcBackend('silent'),
  ]);
  t.after(() => {
    for (const each of backends) each.stop();
  });
  const ports = backends.map((each) => each.port);
  const over = {
    load_balancing_policy: { policies: [{ typed_extension_config: policy }] },
    typed_extension_protocol_options: http2,
  };
  const file = bootstrap([httpListener({ routes: [forward('cart')] })], [cluster('cart', ports, over)]);
  const sidecar = await startSidecar(t, file, '--concurrency', '2');

  const asIs = (bytes: Buffer): Buffer => bytes;
  const ask = (client: Client): Promise<string> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest('/test.Greeter/Hello', asIs, asIs, Buffer.alloc(0), (error, answer) =>
        error ? reject(error) : resolve(String(answer)),
      );
    });
  /** How 120 calls were spread, over several connections and so both workers. */
  const shares = async (): Promise<Record<string, number>> => {
    const seen: Record<string, number> = { idle: 0, busy: 0, silent: 0 };
    for (let connection = 0; connection < 6; connection += 1) {
      const client = new Client(`127.0.0.1:${sidecar.port('web')}`, credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
      });
      for (let count = 0; count < 20; count += 1) {
        const name = await ask(client);
        seen[name] = (seen[name] ?? 0) + 1;
      }
      client.close();
    }
    return seen;
  };
  const near = (share: number | undefined, wanted: number): boolean => Math.abs((share ?? 0) - wanted) <= 14;
  // Weights are 1000 and 333; who does not report gets their mean.
  await eventually(async () => {
    const { busy, idle, silent } = await shares();
    assert.ok(near(idle, 60) && near(busy, 20) && near(silent, 40), `${idle}, ${busy}, ${silent}`);
    return true;
  }, 10_000);
  report(0, 0.3);
  report(1, 0.1);
  await eventually(async () => {
    const { busy, idle } = await shares();
    assert.ok(near(idle, 20) && near(busy, 60), `${idle}, ${busy}`);
    return true;
  }, 10_000);
  // Reports without figures are none: the weights expire.
  for (const load of loads) {
    load.deleteQpsMetric();
    load.deleteCpuUtilizationMetric();
  }
  await eventually(async () => {
    const { busy, idle, silent } = await shares();
    assert.ok(near(idle, 40) && near(busy, 40) && near(silent, 40), `${idle}, ${busy}, ${silent}`);
    return true;
  }, 10_000);
});
