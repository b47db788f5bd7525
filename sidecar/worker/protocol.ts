import type { BoundSocket } from 'node:net';
import type { TrialOutcome } from '../cluster/breaker/gate.ts';
import type { Detector } from '../cluster/outlier/detector.ts';
import type { PlanDelta } from '../core/plan/delta.ts';
import type { DemandResult } from '../http/context.ts';
import type { StatsBatch } from '../telemetry/series.ts';

/** What a worker is born with (workerData). */
export interface WorkerSetup {
  /** Its row in every slot page: 0 .. workers-1. */
  readonly index: number;
  readonly workers: number;
  readonly pages: readonly SharedArrayBuffer[];
  /** Memory of the StickTable. */
  readonly sticks: SharedArrayBuffer;
  /** The whole plan in force, as one delta. */
  readonly plan: PlanDelta;
  /** Labels of this side in Istio's metrics, by listener direction. */
  readonly identity: NodeIdentity;
}

export interface NodeIdentity {
  readonly service: string;
  readonly namespace: string;
  readonly node: string;
}

/** Main to worker. Messages come in the order in which they were sent. */
export type ToWorker =
  /** A slot page, before the first plan that uses it. */
  | { readonly kind: 'page'; readonly page: SharedArrayBuffer }
  | { readonly kind: 'plan'; readonly delta: PlanDelta }
  | { readonly kind: 'listen'; readonly listener: string; readonly bound: BoundSocket }
  | { readonly kind: 'host'; readonly host: string; readonly result: DemandResult }
  /** The access logs were renamed: their paths are opened anew. */
  | { readonly kind: 'reopen-logs' }
  /** Answers say `Connection: close` from now on; connections without a request stay open. */
  | { readonly kind: 'announce-close' }
  /** One listener goes, since a configuration removed it. */
  | { readonly kind: 'unlisten'; readonly listener: string }
  /** All listeners go, for good. */
  | { readonly kind: 'stop-accepting' };

/** Worker to main. */
export type FromWorker =
  | { readonly kind: 'started' }
  | { readonly kind: 'in-force'; readonly epoch: number }
  | { readonly kind: 'stats'; readonly batch: StatsBatch }
  | { readonly kind: 'tripped'; readonly slot: number; readonly detector: Detector }
  /** An endpoint says in an answer that its health check fails from now on. */
  | { readonly kind: 'sick'; readonly slot: number }
  /** An attempt that a half-open breaker let through has ended. */
  | { readonly kind: 'trial'; readonly slot: number; readonly trial: number; readonly outcome: TrialOutcome }
  | { readonly kind: 'host'; readonly host: string }
  /** An access log cannot be written. */
  | { readonly kind: 'log-failed'; readonly path: string; readonly error: string }
  | { readonly kind: 'listening'; readonly listener: string }
  | { readonly kind: 'listen-failed'; readonly listener: string; readonly error: string }
  /** Told once after `stop-accepting`: no connection is left, and the access logs are written. */
  | { readonly kind: 'idle' };
