import type { HeaderMatchPlan, MatchPlan } from './match.ts';

/** Envoy's HTTP fault filter. Percentages 0..100; null = that fault is not configured. */
export interface HttpFaultPlan {
  readonly delay: { readonly percent: number; readonly fixed: number } | null;
  readonly abort: { readonly percent: number; readonly status: number; readonly grpcStatus: number | null } | null;
  readonly headers: readonly HeaderMatchPlan[];
  /** Only requests routed to this cluster; '' = any. */
  readonly upstreamCluster: string;
  readonly maxActive: number;
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
  readonly delay: { readonly percent: number; readonly fixed: number } | null;
  readonly abort: { readonly percent: number; readonly status: number; readonly grpcStatus: number | null } | null;
  readonly at: 'attempt' | 'request';
  readonly maxActive: number;
}
