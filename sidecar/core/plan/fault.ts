import type { HeaderMatchPlan, MatchPlan } from './match.ts';

/** Envoy's HTTP fault filter. Percentages 0..100; null = that fault is not configured. */
export interface HttpFaultPlan {
  /** `byHeader`: as long as the request says, for at most `percent` of them. */
  readonly delay: { readonly percent: number; readonly fixed: number; readonly byHeader?: boolean } | null;
  readonly abort:
    | (AbortPlan & {
        /** With the status that the request says. */
        readonly byHeader?: boolean;
      })
    | null;
  /** Of the response's body. */
  readonly rate?:
    | { readonly percent: number; readonly bytesPerSecond: number; readonly byHeader: boolean }
    | null
    | undefined;
  readonly headers: readonly HeaderMatchPlan[];
  /** Only requests routed to this cluster; '' = any. */
  readonly upstreamCluster: string;
  readonly maxActive: number;
}

export interface AbortPlan {
  readonly percent: number;
  readonly status: number;
  readonly grpcStatus: number | null;
}

/** aya.v1.FaultAssignment: faults towards one service, until its lease ends (decision D21). */
export interface FaultAssignmentPlan {
  readonly service: string;
  readonly rules: readonly FaultRulePlan[];
}

export interface FaultRulePlan {
  /** namespace/name of the FaultPolicy. */
  readonly policy: string;
  /** Any of these; empty = every request. */
  readonly match: readonly MatchPlan[];
  /** Ms; `spread` instead of `fixed` where delays differ. */
  readonly delay: { readonly percent: number; readonly fixed: number; readonly spread?: SpreadPlan } | null;
  readonly abort: AbortPlan | null;
  readonly connection?: ConnectionFaultPlan | null;
  readonly response?: ResponseFaultPlan | null;
  readonly at: 'attempt' | 'request';
  readonly maxActive: number;
  /** Absent or null = nothing is reproducible. */
  readonly seed?: number | null;
  /** Outlier detection takes no notice. */
  readonly exempt?: boolean;
}

/** A distribution of delays, ms. */
export type SpreadPlan =
  | { readonly kind: 'uniform'; readonly min: number; readonly max: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly deviation: number }
  | { readonly kind: 'pareto'; readonly min: number; readonly shape: number }
  | { readonly kind: 'percentiles'; readonly p50: number; readonly p95: number; readonly p99: number };

export type ConnectionFaultKind =
  | 'connect-failure'
  | 'pool-exhaustion'
  | 'black-hole'
  | 'reset-before-head'
  | 'reset-mid-head'
  | 'reset-mid-body';

export interface ConnectionFaultPlan {
  readonly percent: number;
  readonly kind: ConnectionFaultKind;
  /** For reset-mid-body: bytes of the body that still come. */
  readonly afterBytes: number;
}

/** What happens to a response; all that is set. */
export interface ResponseFaultPlan {
  readonly percent: number;
  /** 0 = no limit. */
  readonly bytesPerSecond: number;
  /** Pieces of the body and ms between them; null = as it comes. */
  readonly slice: { readonly bytes: number; readonly pause: number } | null;
  /** Ms that the end is held back; 0 = none. */
  readonly slowClose: number;
  /** Bytes after which the body ends as if whole; -1 = never. */
  readonly truncateAfter: number;
  /** One byte in each run of so many is inverted; 0 = none. */
  readonly corruptEvery: number;
  readonly setHeaders: readonly (readonly [name: string, value: string])[];
  readonly removeHeaders: readonly string[];
  readonly dropTrailers: boolean;
}
