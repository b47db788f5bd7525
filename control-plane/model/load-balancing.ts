import { at, type Problems } from './problem.ts';
import {
  boolean,
  duration,
  integer,
  list,
  number,
  object,
  oneOf,
  optional,
  percent,
  preset,
  required,
  type Schema,
  text,
} from './schema.ts';

const policyNames = [
  'LeastRequest',
  'LeastConnection',
  'RoundRobin',
  'Random',
  'RingHash',
  'Maglev',
  'SourceIp',
  'PeakEwma',
  'LeastResponseTime',
  'LeastBandwidth',
  'ClientSideWeightedRoundRobin',
  'Prequal',
] as const;

export type BalancingPolicy = (typeof policyNames)[number];

/** How an endpoint is chosen. Durations as text. Which fields a policy takes is in `optionsOf`; absent ones have its defaults. */
export interface LoadBalancing {
  policy: BalancingPolicy;
  /** LeastRequest: how many endpoints are compared, 2 to 10. */
  choiceCount: number;
  slowStart?: SlowStart;
  /** Keeps requests in the caller's zone as far as its endpoints can take them. */
  zoneAware?: ZoneAware;
  /** RingHash and Maglev: what a request sticks to its endpoint by; several are combined. */
  hash?: HashSource[];
  /** Whatever the policy: a client stays at the endpoint that its cookie names. */
  sessionCookie?: SessionCookie;
  /** Whatever the policy: a client, told by its address, stays at the endpoint of its first request. */
  sourceAffinity?: SourceAffinity;
  /** RingHash, Maglev and SourceIp: percent of the mean load that no endpoint may exceed. */
  balanceFactor?: number;
  minimumRingSize?: number;
  /** How fast what was measured is forgotten. */
  decay?: string;
  /** The latency of an endpoint that nothing is known of. */
  defaultLatency?: string;
  /** What a failure (no response, 5xx, 429) counts as. */
  failureLatency?: string;
  /** Load reports are not used for this long after the first one of an endpoint. */
  blackoutPeriod?: string;
  weightExpirationPeriod?: string;
  weightUpdatePeriod?: string;
  /** Endpoints are asked for load reports so often (OpenRcaService); absent: their responses bring them. */
  reportPeriod?: string;
  /** How much an error counts as utilization. */
  errorUtilizationPenalty?: number;
  probesPerRequest?: number;
  poolSize?: number;
  probeMaxAge?: string;
  /** 0 to 1. */
  hotQuantile?: number;
}

/** A new endpoint gets a growing part of its weight. */
export interface SlowStart {
  window: string;
  /** 1 = linear; more grows sooner. */
  aggression: number;
  minWeightPercent: number;
}

export interface ZoneAware {
  /** With fewer endpoints zones are not looked at. */
  minEndpoints: number;
  /** Share of the requests that are kept so. */
  percent: number;
}

export interface SessionCookie {
  name: string;
  /** Absent: as long as the client's session. */
  ttl?: string;
  path?: string;
  /** Answer 503 when the endpoint is gone, instead of choosing another one. */
  strict: boolean;
}

export interface SourceAffinity {
  /** How long a client may be away before it is forgotten; default 1h. */
  ttl?: string;
}

/** Exactly one of the sources. */
export interface HashSource {
  header?: string;
  queryParameter?: string;
  sourceIp?: boolean;
  /** With `ttl` a cookie is made when the request has none; 0s: one for the session. */
  cookie?: { name: string; ttl?: string; path?: string };
  /** When this source gives a hash, those after it are not asked. */
  terminal: boolean;
}

/** Options that go with every policy. */
type Everywhere = 'sessionCookie' | 'sourceAffinity';
type Option = Exclude<keyof LoadBalancing, 'policy' | 'choiceCount' | Everywhere>;

const byLatency = ['slowStart', 'decay', 'defaultLatency', 'failureLatency'] as const;

/** Fields that each policy takes beside `policy`, `choiceCount` and those that all take. */
const optionsOf: Readonly<Record<BalancingPolicy, readonly Option[]>> = {
  LeastRequest: ['slowStart', 'zoneAware'],
  LeastConnection: ['slowStart', 'zoneAware'],
  RoundRobin: ['slowStart', 'zoneAware'],
  Random: ['zoneAware'],
  RingHash: ['hash', 'balanceFactor', 'minimumRingSize'],
  Maglev: ['hash', 'balanceFactor'],
  SourceIp: ['balanceFactor'],
  PeakEwma: byLatency,
  LeastResponseTime: byLatency,
  LeastBandwidth: ['slowStart', 'decay'],
  ClientSideWeightedRoundRobin: [
    'blackoutPeriod',
    'weightExpirationPeriod',
    'weightUpdatePeriod',
    'reportPeriod',
    'errorUtilizationPenalty',
  ],
  Prequal: ['probesPerRequest', 'poolSize', 'probeMaxAge', 'hotQuantile'],
};

const name = text({ min: 1, max: 256, pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, is: 'a token (RFC 9110)' });
const day = 24 * 3_600_000;

const cookiePath = text({ min: 1, max: 1024, pattern: /^\/[!-:<-~]*$/, is: 'a path' });

const cookie = object<NonNullable<HashSource['cookie']>>({
  name: required(name),
  ttl: optional(duration(0, 365 * day)),
  path: optional(cookiePath),
});

const sessionCookie = object<SessionCookie>({
  name: required(name),
  ttl: optional(duration(1_000, 365 * day)),
  path: optional(cookiePath),
  strict: preset(boolean, false),
});

const hashSource = object<HashSource>(
  {
    header: optional(name),
    queryParameter: optional(text({ min: 1, max: 256 })),
    sourceIp: optional(boolean),
    cookie: optional(cookie),
    terminal: preset(boolean, false),
  },
  {
    also: ({ header, queryParameter, sourceIp, cookie }, path, problems) => {
      const set = [header, queryParameter, sourceIp, cookie].filter((each) => each !== undefined && each !== false);
      if (set.length !== 1)
        problems.add(path, 'must have exactly one of header, queryParameter, sourceIp: true, cookie');
    },
  },
);

const slowStart = object<SlowStart>({
  window: required(duration(1, day)),
  aggression: preset(number(0.01, 100), 1),
  minWeightPercent: preset(percent, 10),
});

const zoneAware = object<ZoneAware>({
  minEndpoints: preset(integer(1, 1_000_000), 6),
  percent: preset(percent, 100),
});

const span = duration(1, day);

export const loadBalancing: Schema<LoadBalancing> = object<LoadBalancing>(
  {
    policy: preset(oneOf(policyNames), 'LeastRequest'),
    choiceCount: preset(integer(2, 10), 2),
    slowStart: optional(slowStart),
    zoneAware: optional(zoneAware),
    sessionCookie: optional(sessionCookie),
    sourceAffinity: optional(object<SourceAffinity>({ ttl: optional(duration(1000, 365 * day)) })),
    hash: optional(list(hashSource, { min: 1, max: 8 })),
    balanceFactor: optional(integer(100, 10_000)),
    minimumRingSize: optional(integer(1, 4_096)),
    decay: optional(span),
    defaultLatency: optional(span),
    failureLatency: optional(span),
    blackoutPeriod: optional(duration(0, day)),
    weightExpirationPeriod: optional(span),
    weightUpdatePeriod: optional(duration(100, day)),
    reportPeriod: optional(duration(100, day)),
    errorUtilizationPenalty: optional(number(0, 1_000)),
    probesPerRequest: optional(number(0.1, 16)),
    poolSize: optional(integer(2, 256)),
    probeMaxAge: optional(span),
    hotQuantile: optional(number(0, 1)),
  },
  { later: ['locality', 'subsets'], also: checkOptions },
);

function checkOptions(block: LoadBalancing, path: string, problems: Problems): void {
  const { policy } = block;
  const allowed = optionsOf[policy];
  for (const field of Object.keys(block) as (keyof LoadBalancing)[]) {
    if (['policy', 'sessionCookie', 'sourceAffinity'].includes(field) || (allowed as readonly string[]).includes(field))
      continue;
    // It is stored with every policy, by its default.
    if (field === 'choiceCount' && (policy === 'LeastRequest' || block.choiceCount === 2)) continue;
    problems.add(at(path, field), `has no meaning with policy ${policy}`);
  }
  if (block.hash === undefined && allowed.includes('hash')) {
    problems.add(at(path, 'hash'), `required with policy ${policy}: what should a request stick to its endpoint by?`);
  }
}
