/** The documents that the story applies, as anybody would write them into files. */
const target = (service: string): string => `targetRefs: [{group: "", kind: Service, name: ${service}}]`;

export const balance = `
apiVersion: aya.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: cart}
spec:
  ${target('cart')}
  loadBalancing: {policy: LeastRequest, choiceCount: 2}
`;

export const ejection = `${balance.trimEnd()}
  outlierDetection: {consecutive5xx: 3, interval: 1s, baseEjectionTime: 3s, maxEjectionPercent: 50}
`;

/** Failures shall be seen, so nothing is ejected for them. */
const neverEject = 'outlierDetection: {consecutive5xx: 0, consecutiveGatewayErrors: 0, interval: 1s}';

/** The callers of web see the failures of cart, too. */
const patientWeb = `
apiVersion: aya.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: web}
spec:
  ${target('web')}
  ${neverEject}
`;

export const patient = `${balance.trimEnd()}
  ${neverEject}
---${patientWeb}`;

export const retryBudget = `${balance.trimEnd()}
  ${neverEject}
  retry: {attempts: 3, on: [5xx], budget: {percent: 20, minPerSecond: 0}}
`;

export const breaker = `${balance.trimEnd()}
  ${neverEject}
  circuitBreaker: {errorRate: {threshold: 50, window: 2s, minRequests: 10, openFor: 1s, maxOpenFor: 1s}}
`;

export const abort = `
apiVersion: aya.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: stock}
spec:
  ${target('stock')}
  ${neverEject}
  retry: {budget: {percent: 50, minPerSecond: 20}}
---
apiVersion: aya.dev/v1alpha1
kind: FaultPolicy
metadata: {name: broken-stock}
spec:
  ${target('stock')}
  faults: {abort: {percent: 20, grpcStatus: 14}}
  lease: 60s
`;

export const grpcRetry = `
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: stock}
spec:
  parentRefs: [{group: "", kind: Service, name: stock}]
  rules:
  - matches: [{method: {service: shop.v1.Stock, method: Check}}]
    backendRefs: [{name: stock, port: 80}]
    retry: {codes: [UNAVAILABLE], attempts: 4, backoff: 5ms}
`;

export const delay = (lease: string): string => `
apiVersion: aya.dev/v1alpha1
kind: FaultPolicy
metadata: {name: slow-stock}
spec:
  ${target('stock')}
  faults: {delay: {percent: 100, fixed: 100ms}}
  lease: ${lease}
`;
