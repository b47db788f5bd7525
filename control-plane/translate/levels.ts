import type { TrafficPolicy } from '../model/traffic-policy.ts';
import type { Caller } from './caller.ts';
import type { Note } from './problem.ts';

/** What older sidecars do not do: the path below `spec`, and the first level that does. */
const since = [
  ['healthCheck', 2],
  ['outlierDetection.successRate', 2],
  ['outlierDetection.failurePercentage', 2],
  ['circuitBreaker.errorRate', 2],
  ['circuitBreaker.maxConnectionsPerEndpoint', 2],
  ['circuitBreaker.maxRequestsPerEndpoint', 2],
  ['connectionPool.maxStreamsPerConnection', 3],
  ['connectionPool.keepalive', 3],
] as const;

/** The policy without what protects endpoints in ways that an older sidecar would refuse (decisions D19). */
export function protectionKnownTo(
  { kind, level }: Caller,
  policy: TrafficPolicy | undefined,
  note: Note,
): TrafficPolicy | undefined {
  if (!policy || kind !== 'aya' || since.every(([, first]) => level >= first)) return policy;
  const spec = structuredClone(policy.spec) as unknown as Record<string, Record<string, unknown> | undefined>;
  for (const [path, first] of since) {
    if (level >= first) continue;
    const [block = '', field] = path.split('.');
    const holder = field === undefined ? spec : spec[block];
    const name = field ?? block;
    if (holder?.[name] === undefined) continue;
    delete holder[name];
    note(policy, `${path}: sidecars of level ${level} do not have it`, 'aya');
  }
  return { ...policy, spec: spec as unknown as TrafficPolicy['spec'] };
}

/** Sidecars of level 3 honour the deadlines of gRPC callers where a route says so; Envoy does, too. */
export function honoursGrpcTimeout({ kind, level }: Pick<Caller, 'kind' | 'level'>): boolean {
  return kind === 'envoy' || (kind === 'aya' && level >= 3);
}

/** Sidecars of level 3 make gRPC of gRPC-Web where a virtual host says so; Envoy does, too. */
export function bridgesGrpcWeb({ kind, level }: Pick<Caller, 'kind' | 'level'>): boolean {
  return kind === 'envoy' || (kind === 'aya' && level >= 3);
}

/** Sidecars of level 2 tell protocols by their first bytes, carry TCP, and switch protocols by Upgrade and CONNECT. */
export function carriesTcp({ kind, level }: Pick<Caller, 'kind' | 'level'>): boolean {
  return kind === 'aya' && level >= 2;
}
