import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromJson } from '../../../shared/xds/json.ts';
import { filterOverrides } from '../../../sidecar/plan/filter-override.ts';
import { httpFilters } from '../../../sidecar/plan/http-filters.ts';
import { allOf, Place } from '../../../sidecar/plan/place.ts';

const type = (name: string): string => `type.googleapis.com/${name}`;
const config = (fields: object): object => ({ '@type': type('envoy.config.route.v3.FilterConfig'), ...fields });
const fault = { '@type': type('envoy.extensions.filters.http.fault.v3.HTTPFault'), max_active_faults: 3 };
const web = { '@type': type('envoy.extensions.filters.http.grpc_web.v3.GrpcWeb') };

function overrideOf(each: object) {
  const { message } = fromJson('envoy.config.route.v3.Route', {
    match: { prefix: '/' },
    typed_per_filter_config: { f: each },
  });
  const place = new Place('');
  const { f } = filterOverrides(message.typed_per_filter_config, place);
  return { f: typeof f === 'object' && 'maxActive' in f ? f.maxActive : f, problems: allOf(place.findings) };
}

test('a route gives a filter other settings, or says whether it acts', () => {
  assert.deepEqual(overrideOf(fault), { f: 3, problems: [] });
  assert.deepEqual(overrideOf(config({ config: fault })), { f: 3, problems: [] });
  assert.deepEqual(overrideOf(config({ disabled: true })), { f: 'disabled', problems: [] });
  assert.deepEqual(overrideOf(config({ config: {} })), { f: 'enabled', problems: [] });
});

test('what says neither, or settings that no filter here takes, is refused by path', () => {
  const at = 'typed_per_filter_config["f"]';
  assert.deepEqual(overrideOf(config({})).problems, [`${at}.config: is required unless the filter is disabled`]);
  assert.deepEqual(overrideOf(config({ config: web })).problems, [
    `${at}.config: not supported yet (envoy.extensions.filters.http.grpc_web.v3.GrpcWeb, expected envoy.extensions.filters.http.fault.v3.HTTPFault)`,
  ]);
});

function filtersOf(...each: object[]) {
  const router = { name: 'router', typed_config: { '@type': type('envoy.extensions.filters.http.router.v3.Router') } };
  const { message } = fromJson('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
    http_filters: [...each, router],
  });
  const place = new Place('');
  return { plan: httpFilters(message.http_filters, place), problems: allOf(place.findings) };
}

test('the gRPC-Web filter may be disabled until a route enables it, and no other', () => {
  assert.deepEqual(filtersOf({ name: 'web', typed_config: web, disabled: true }), {
    plan: [{ kind: 'grpc-web', name: 'web', disabled: true }],
    problems: [],
  });
  assert.deepEqual(filtersOf({ name: 'web', typed_config: web }).plan, [
    { kind: 'grpc-web', name: 'web', disabled: false },
  ]);
  assert.deepEqual(filtersOf({ name: 'f', typed_config: fault, disabled: true }).problems, [
    'http_filters[0].disabled: not supported yet',
  ]);
});
