import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromJson } from '../../../shared/xds/json.ts';
import { adaptiveConcurrency, admissionControl } from '../../../sidecar/plan/overload.ts';
import { allOf, Place } from '../../../sidecar/plan/place.ts';

const filter = 'envoy.extensions.filters.http';

function adaptive(value: object) {
  const { message, problems } = fromJson(`${filter}.adaptive_concurrency.v3.AdaptiveConcurrency`, value);
  assert.deepEqual(problems, []);
  const place = new Place('');
  return { plan: adaptiveConcurrency(message, place), problems: allOf(place.findings) };
}

function admission(value: object) {
  const { message, problems } = fromJson(`${filter}.admission_control.v3.AdmissionControl`, value);
  assert.deepEqual(problems, []);
  const place = new Place('');
  return { plan: admissionControl(message, place), problems: allOf(place.findings) };
}

const gradient = {
  concurrency_limit_params: { concurrency_update_interval: '0.1s' },
  min_rtt_calc_params: { interval: '60s' },
};

describe("overload filters have Envoy's defaults", () => {
  test('adaptive concurrency', () => {
    assert.deepEqual(adaptive({ gradient_controller_config: gradient }), {
      plan: {
        percentile: 50,
        maxConcurrency: 1000,
        updateInterval: 100,
        minRttInterval: 60_000,
        requestCount: 50,
        jitter: 15,
        minConcurrency: 3,
        buffer: 25,
        status: 503,
      },
      problems: [],
    });
  });

  test('admission control', () => {
    assert.deepEqual(admission({ success_criteria: {} }), {
      plan: {
        window: 30_000,
        aggression: 1,
        threshold: 95,
        rps: 0,
        maxRejection: 80,
        httpSuccess: [{ start: 100, end: 500 }],
        grpcSuccess: [0, 1, 2, 3, 5, 6, 7, 9, 11, 12, 16],
      },
      problems: [],
    });
  });
});

test('a switch turns them off', () => {
  const enabled = { default_value: false, runtime_key: 'x' };
  assert.equal(adaptive({ gradient_controller_config: gradient, enabled }).plan, null);
  assert.equal(admission({ success_criteria: {}, enabled }).plan, null);
});

test('what is missing or means nothing is named with its path', () => {
  assert.deepEqual(adaptive({}).problems, ['gradient_controller_config: is required']);
  assert.deepEqual(adaptive({ gradient_controller_config: {} }).problems, [
    'gradient_controller_config.concurrency_limit_params.concurrency_update_interval: is required',
    'gradient_controller_config.min_rtt_calc_params.interval: is required',
  ]);
  assert.deepEqual(admission({}).problems, ['success_criteria: is required']);
  const http_criteria = { http_success_status: [{ start: 200, end: 200 }] };
  assert.deepEqual(admission({ success_criteria: { http_criteria } }).problems, [
    'success_criteria.http_criteria.http_success_status[0]: 200 to 200: must be a half-open range from 100 to 600',
  ]);
});

test('a refusal that would look like a success is a 503, as in Envoy', () => {
  const refusal = (code: string) => ({
    gradient_controller_config: gradient,
    concurrency_limit_exceeded_status: { code },
  });
  assert.equal(adaptive(refusal('OK')).plan?.status, 503);
  assert.equal(adaptive(refusal('TooManyRequests')).plan?.status, 429);
});
