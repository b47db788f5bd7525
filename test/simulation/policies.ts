import type { Policy } from './mesh.ts';

const leastRequest = { kind: 'least-request', choices: 2, bias: 1, fullScan: false } as const;
const latency = { decay: 10_000, initial: 30, failure: 5_000 } as const;
const slowStart = { window: 5_000, aggression: 1, minWeight: 10 };

/** The policies that are compared, each with its defaults. Prequal's are the paper's, fixed before the first run. */
export const policies = {
  random: { balancer: { kind: 'random' } },
  'round robin': { balancer: { kind: 'round-robin' } },
  'least request': { balancer: leastRequest },
  'least loaded': { balancer: { ...leastRequest, fullScan: true } },
  'peak EWMA': { balancer: { kind: 'peak-ewma', ...latency } },
  'least response time': { balancer: { kind: 'least-response-time', ...latency } },
  'weighted round robin': {
    // The blackout is for the statistics of a start, of which there are none here.
    balancer: {
      kind: 'client-side-weights',
      blackout: 0,
      expiration: 180_000,
      update: 1_000,
      errorPenalty: 1,
      reportEvery: 0,
    },
  },
  Prequal: {
    balancer: {
      kind: 'prequal',
      probesPerRequest: 3,
      poolSize: 16,
      maxAge: 1_000,
      hotQuantile: 0.84,
      removalsPerRequest: 1,
      reuseExcess: 1,
    },
  },
  'least request, slow start': { balancer: leastRequest, slowStart },
  'round robin, slow start': { balancer: { kind: 'round-robin' }, slowStart },
} as const satisfies Readonly<Record<string, Policy>>;

export type PolicyName = keyof typeof policies;

/** Those that every scenario compares. */
export const common: readonly PolicyName[] = [
  'random',
  'round robin',
  'least request',
  'least loaded',
  'peak EWMA',
  'least response time',
  'weighted round robin',
  'Prequal',
];
