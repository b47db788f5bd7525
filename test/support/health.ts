import type { HealthCheckPlan, HttpProbePlan } from '../../sidecar/core/plan/health-check.ts';

export const httpProbePlan = (over: Partial<HttpProbePlan> = {}): HttpProbePlan => ({
  kind: 'http',
  http2: false,
  host: '',
  path: '/healthz',
  method: 'GET',
  headers: [],
  remove: [],
  expected: [{ start: 200, end: 201 }],
  retriable: [],
  receive: [],
  responseBuffer: 1024,
  ...over,
});

/** Every second by HTTP, without jitter. */
export const healthCheckPlan = (over: Partial<HealthCheckPlan> = {}): HealthCheckPlan => ({
  timeout: 500,
  interval: 1000,
  initialJitter: 0,
  intervalJitter: 0,
  intervalJitterPercent: 0,
  unhealthyThreshold: 1,
  healthyThreshold: 1,
  noTrafficInterval: 1000,
  noTrafficHealthyInterval: 1000,
  unhealthyInterval: 1000,
  unhealthyEdgeInterval: 1000,
  healthyEdgeInterval: 1000,
  reuseConnection: true,
  logFailures: false,
  logSuccesses: false,
  probe: httpProbePlan(),
  tls: null,
  ...over,
});
