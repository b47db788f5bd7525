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

/** Failures that we inject shall be seen, so nothing is ejected for them. */
const neverEject = 'outlierDetection: {consecutive5xx: 0, consecutiveGatewayErrors: 0, interval: 1s}';

export const patient = `${balance.trimEnd()}
  ${neverEject}
`;

/** The callers of web see the failures of cart, too. */
export const patientWeb = `
apiVersion: aya.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: web}
spec:
  ${target('web')}
  ${neverEject}
`;

export const retrying = `${patient.trimEnd()}
  retry: {attempts: 4, on: [5xx], budget: {percent: 50, minPerSecond: 20}}
`;

export const abort = `
apiVersion: aya.dev/v1alpha1
kind: FaultPolicy
metadata: {name: broken-cart}
spec:
  ${target('cart')}
  faults: {abort: {percent: 20, httpStatus: 503}}
  lease: 60s
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
