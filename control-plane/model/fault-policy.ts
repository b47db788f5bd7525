import { parseDuration } from '../../shared/struct/duration.ts';
import { type Faults, faults } from './faults.ts';
import { method, plainPath } from './http-match.ts';
import { headerName, headerValue, label, serviceName } from './names.ts';
import { type Condition, conditionsSchema, type Resource } from './object.ts';
import type { Problems } from './problem.ts';
import { regex } from './regex.ts';
import {
  boolean,
  duration,
  integer,
  list,
  object,
  oneOf,
  optional,
  preset,
  required,
  type Schema,
  text,
} from './schema.ts';
import { type TargetRef, targetRefs } from './target.ts';

/** Faults that callers of a Service suffer on purpose, for as long as the lease says: it ends by itself. */
export interface FaultPolicy extends Resource {
  apiVersion: 'aya.dev/v1alpha1';
  kind: 'FaultPolicy';
  spec: FaultPolicySpec;
  status?: FaultPolicyStatus;
}

export interface FaultPolicySpec {
  targetRefs: TargetRef[];
  /** Callers that suffer; empty: all of them. */
  from: FaultSource[];
  /** Requests that suffer, any of these; empty: all of them. */
  match: FaultMatch[];
  faults: Faults;
  /**
   * Attempt: inside the retry loop, so that retries and ejection are exercised. Request: drawn once per request; delay and abort
   * come before the loop, connection and response faults are on each of its attempts.
   */
  at: 'Attempt' | 'Request';
  /** Makes what is drawn reproducible; absent: every sidecar draws as it likes. */
  seed?: number;
  /** Outlier detection sees injected failures as real ones. */
  countForEjection: boolean;
  /** Requests of one calling sidecar that suffer at the same time; absent: no limit. */
  maxActive?: number;
  /** Counted from the moment a new generation is accepted. */
  lease: string;
}

/** `namespace` absent: the policy's own. */
export interface FaultSource {
  service: string;
  namespace?: string;
}

/** All that is given must hold. */
export interface FaultMatch {
  path?: { exact?: string; prefix?: string; regex?: string };
  method?: string;
  headers: FaultValueMatch[];
  queryParams: FaultValueMatch[];
}

export interface FaultValueMatch {
  name: string;
  type: 'Exact' | 'Prefix' | 'Suffix' | 'Contains' | 'RegularExpression' | 'Present';
  /** Absent exactly when `type` is Present. */
  value?: string;
}

export interface FaultPolicyStatus {
  conditions?: Condition[];
  /** RFC 3339 with milliseconds: when the lease of the accepted generation ends. */
  expiresAt?: string;
  /** The generation that the lease was given to. */
  leasedGeneration?: number;
}

/** D21: what a policy without `lease` gets, and what none may exceed. */
const defaultLease = '5m';
const maxLease = 24 * 3_600_000;

function one(names: string[], value: object, path: string, problems: Problems): void {
  const given = names.filter((name) => name in value);
  if (given.length !== 1) {
    problems.add(
      path,
      `must have exactly one of ${names.join(', ')}; got ${given.length === 0 ? 'none' : given.join(' and ')}`,
    );
  }
}

const pathMatch = object<NonNullable<FaultMatch['path']>>(
  {
    exact: optional(text({ min: 1, max: 1024 })),
    prefix: optional(text({ min: 1, max: 1024 })),
    regex: optional(regex),
  },
  {
    also: (match, path, problems) => {
      one(['exact', 'prefix', 'regex'], match, path, problems);
      if (match.exact !== undefined) plainPath(match.exact, `${path}.exact`, problems);
      if (match.prefix !== undefined) plainPath(match.prefix, `${path}.prefix`, problems);
    },
  },
);

function valueMatches(name: Schema<string>): Schema<FaultValueMatch[]> {
  return list(
    object<FaultValueMatch>(
      {
        name: required(name),
        type: preset(oneOf(['Exact', 'Prefix', 'Suffix', 'Contains', 'RegularExpression', 'Present']), 'Exact'),
        value: optional(headerValue),
      },
      {
        also: (match, path, problems) => {
          const where = `${path}.value`;
          if (match.type === 'Present' && match.value !== undefined) {
            problems.add(where, 'must be absent when type is Present', 'FieldValueForbidden');
          } else if (match.type !== 'Present' && match.value === undefined) {
            problems.add(where, `required when type is ${match.type}`, 'FieldValueRequired');
          } else if (match.type === 'RegularExpression') regex(match.value, where, problems);
        },
      },
    ),
    { max: 16 },
  );
}

const spec = object<FaultPolicySpec>({
  targetRefs: required(targetRefs),
  from: preset(
    list(object<FaultSource>({ service: required(serviceName), namespace: optional(label) }), { max: 64 }),
    [],
  ),
  match: preset(
    list(
      object<FaultMatch>({
        path: optional(pathMatch),
        method: optional(method),
        headers: preset(valueMatches(headerName), []),
        queryParams: preset(valueMatches(text({ min: 1, max: 256 })), []),
      }),
      { max: 16 },
    ),
    [],
  ),
  faults: required(faults),
  at: preset(oneOf(['Attempt', 'Request']), 'Attempt'),
  seed: optional(integer(0, 4_294_967_295)),
  countForEjection: preset(boolean, true),
  maxActive: optional(integer(1, 1_000_000)),
  lease: preset(duration(1000, maxLease), defaultLease),
});

export const faultPolicyBody: Schema<Pick<FaultPolicy, 'spec'>> = object<Pick<FaultPolicy, 'spec'>>({
  spec: required(spec),
});

export const faultPolicyStatus: Schema<FaultPolicyStatus> = object<FaultPolicyStatus>({
  conditions: optional(conditionsSchema),
  expiresAt: optional(text({ min: 1 })),
  leasedGeneration: optional(integer(0)),
});

/** The status of a policy that is accepted now: a new generation starts a lease, an unchanged one keeps what it has. */
export function leased(policy: FaultPolicy, wall: number): FaultPolicyStatus {
  const { status = {}, spec, metadata } = policy;
  if (status.expiresAt !== undefined && status.leasedGeneration === metadata.generation) return status;
  const expiresAt = new Date(wall + (parseDuration(spec.lease) ?? 0)).toISOString();
  return { ...status, expiresAt, leasedGeneration: metadata.generation };
}

/** Wall-clock milliseconds at which the faults end; a policy that no server accepted has ended already. */
export function expiry(policy: FaultPolicy): number {
  return policy.status?.expiresAt === undefined ? 0 : Date.parse(policy.status.expiresAt);
}
