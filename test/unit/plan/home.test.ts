import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HerePlan } from '../../../sidecar/core/plan/balancer.ts';
import { FLAG } from '../../../sidecar/core/slots.ts';
import { readBootstrap } from '../../../sidecar/plan/bootstrap-file.ts';
import type { EndpointRow } from '../../../sidecar/plan/endpoints.ts';
import { homeOf } from '../../../sidecar/plan/home.ts';
import { allOf } from '../../../sidecar/plan/place.ts';
import { World } from '../../../sidecar/plan/world.ts';
import { SlotAllocator } from '../../../sidecar/worker/slot-allocator.ts';

const address = (port: number): object => ({ socket_address: { address: '10.0.0.1', port_value: port } });
const bootstrap = readBootstrap(
  JSON.stringify({
    node: { id: 'web-1', cluster: 'web', locality: { region: 'r', zone: 'a' } },
    cluster_manager: { local_cluster_name: 'web' },
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }],
      },
      cds_config: { ads: {} },
    },
    static_resources: {
      clusters: [
        {
          name: 'cart',
          common_lb_config: { zone_aware_lb_config: { min_cluster_size: 2, fail_traffic_on_panic: true } },
          load_assignment: {
            cluster_name: 'cart',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(1) } }] }],
          },
        },
        { name: 'web', type: 'EDS', eds_cluster_config: { eds_config: { ads: {}, resource_api_version: 'V3' } } },
        {
          name: 'xds',
          load_assignment: {
            cluster_name: 'xds',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(2) } }] }],
          },
        },
      ],
    },
  }),
  'b',
);

const row = (zone: string, port: number, flags = 0): EndpointRow => ({
  ...{ host: '10.0.0.2', port, weight: 1, priority: 0, hostname: '', flags },
  locality: { region: 'r', zone, subZone: '', weight: 0 },
});

test('a zone-aware cluster knows our locality and those of callers like us, as they come and go', () => {
  assert.deepEqual(allOf(bootstrap.findings), []);
  const world = new World(new SlotAllocator(1, () => {}), [], homeOf(bootstrap.message));
  world.addStatic([], bootstrap.clusters);
  const here = (): HerePlan | null => {
    world.settle(0);
    const piece = world.whole().put.find((each) => each.kind === 'cluster' && each.name === 'cart');
    assert.ok(piece?.kind === 'cluster' && piece.value.locality.kind === 'zone-aware');
    assert.deepEqual([piece.value.locality.minSize, piece.value.locality.failOnPanic], [2, true]);
    return piece.value.locality.here;
  };
  const own = { region: 'r', zone: 'a', subZone: '' };
  assert.deepEqual(here(), { ...own, callers: [] });
  world.put('web', { kind: 'endpoints', value: [row('a', 1), row('b', 2), row('b', 3), row('b', 4, FLAG.unhealthy)] });
  assert.deepEqual(here(), {
    ...own,
    callers: [
      { ...own, count: 1 },
      { ...own, zone: 'b', count: 2 },
    ],
  });
  world.put('web', { kind: 'endpoints', value: [row('a', 1)] });
  assert.deepEqual(here(), { ...own, callers: [{ ...own, count: 1 }] });
});
