import type { Cancel } from '../../../shared/time/clock.ts';
import type { HealthCheckPlan } from '../../core/plan/health-check.ts';
import type { ProbeResult } from './endpoint-check.ts';

/** Whom to check. */
export interface ProbeTarget {
  readonly address: string;
  readonly port: number;
  /** What it is called in Host and :authority. */
  readonly hostname: string;
}

/** Checks one endpoint, one probe at a time. */
export interface Prober {
  /** Begins a probe; `done` is called once, unless it is cancelled before. */
  probe(done: (result: ProbeResult) => void): Cancel;
  /** The endpoint is gone; no probe is under way. */
  close(): void;
}

export interface ProbeSurroundings {
  /** Where commands are looked for, as PATH. */
  readonly commandPath: string;
}

export const passed: ProbeResult = { passed: true, degraded: false };

/** The endpoint said that it is not well. */
export const refused = (reason: string, final = true): ProbeResult => ({
  passed: false,
  final,
  network: false,
  reason,
});

/** It did not say anything. */
export const unreachable = (reason: string): ProbeResult => ({ passed: false, final: false, network: true, reason });

/** The prober for a plan; what it needs is loaded only now (decision D27). */
export async function proberFor(
  { probe, reuseConnection, tls }: HealthCheckPlan,
  target: ProbeTarget,
  { commandPath }: ProbeSurroundings,
): Promise<Prober> {
  switch (probe.kind) {
    case 'http':
      return new (await import('./http-prober.ts')).HttpProber(probe, target, reuseConnection, tls);
    case 'grpc':
      return new (await import('./grpc-prober.ts')).GrpcProber(probe, target, reuseConnection, tls);
    case 'tcp':
      return new (await import('./tcp-prober.ts')).TcpProber(probe, target, tls);
    case 'command':
      return new (await import('./command-prober.ts')).CommandProber(probe, target, commandPath);
  }
}
