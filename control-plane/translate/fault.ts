import { parseDuration } from '../../shared/struct/duration.ts';
import { fromMs } from '../../shared/xds/duration.ts';
import { FAULT_ASSIGNMENT } from '../../shared/xds/type-url.ts';
import { expiry, type FaultPolicy } from '../model/fault-policy.ts';
import type { DelayFault, ResponseFault } from '../model/faults.ts';
import { bytesPerSecond } from '../model/short-faults.ts';
import { keyOf } from '../model/world.ts';
import type { Caller } from './caller.ts';
import type { ServiceEntry } from './catalog.ts';
import { ofFault } from './condition.ts';
import { type FaultParts, partsOf } from './fault-parts.ts';
import type { Draft, Message } from './message.ts';
import { matchesOf } from './route-match.ts';

type Percentage = Message<'envoy.type.v3.FractionalPercent'>;

/** The faults of a list that one caller suffers. */
export function faultsFor(faults: readonly FaultPolicy[], caller: Caller): FaultPolicy[] {
  return faults.filter(
    ({ metadata, spec }) =>
      spec.from.length === 0 ||
      spec.from.some(
        ({ service, namespace = metadata.namespace }) =>
          service === caller.service && namespace === caller.namespace && service !== '',
      ),
  );
}

/**
 * The faults of calls to a service, for Aya's sidecars, under the name `SERVICE.NAMESPACE`. It ends with the first lease:
 * then the control plane sends what is left, and without a control plane faults end early rather than late.
 */
export function faultAssignmentOf(entry: ServiceEntry, caller: Caller): Draft[] {
  const faults = faultsFor(entry.faults, caller);
  if (faults.length === 0) return [];
  const { name, namespace } = entry.service.metadata;
  const message: Message<'aya.v1.FaultAssignment'> = { rules: faults.flatMap(rulesOf) };
  const expiresAt = Math.min(...faults.map(expiry));
  return [{ type: FAULT_ASSIGNMENT, name: `${name}.${namespace}`, aliases: [], message, expiresAt }];
}

/** Several where the policy has more faults of a kind than one rule can say. */
function rulesOf(policy: FaultPolicy): Message<'aya.v1.FaultRule'>[] {
  return partsOf(policy.spec.faults).map((parts) => ruleOf(policy, parts));
}

function ruleOf(policy: FaultPolicy, parts: FaultParts): Message<'aya.v1.FaultRule'> {
  const { match, at, countForEjection, maxActive, seed } = policy.spec;
  const { abort, connection, delay, response } = parts;
  return {
    policy: keyOf(policy),
    match: match.flatMap((each) => matchesOf(ofFault(each), 'aya')),
    ...(delay && { delay: delayOf(delay) }),
    ...(abort && {
      abort: {
        percentage: percentage(abort.percent),
        http_status: abort.httpStatus ?? httpStatusOf(abort.grpcStatus),
        ...(abort.grpcStatus !== undefined && { grpc_status: { value: abort.grpcStatus } }),
      },
    }),
    ...(connection && {
      connection: {
        percentage: percentage(connection.percent),
        failure: failures[connection.failure],
        ...(connection.afterBytes && { after_bytes: connection.afterBytes }),
      },
    }),
    ...(response && { response: responseOf(response) }),
    at: at === 'Attempt' ? 'ATTEMPT' : 'REQUEST',
    ...(maxActive !== undefined && { max_active: { value: maxActive } }),
    ...(seed !== undefined && { seed: { value: seed } }),
    ...(countForEjection === false && { exempt_from_ejection: true }),
  };
}

const failures = {
  ConnectFailure: 'CONNECT_FAILURE',
  PoolExhaustion: 'POOL_EXHAUSTION',
  BlackHole: 'BLACK_HOLE',
  ResetBeforeHead: 'RESET_BEFORE_HEAD',
  ResetMidHead: 'RESET_MID_HEAD',
  ResetMidBody: 'RESET_MID_BODY',
} as const;

function delayOf(fault: DelayFault): Message<'aya.v1.FaultRule.Delay'> {
  const { fixed, normal, pareto, percentiles, uniform } = fault;
  return {
    percentage: percentage(fault.percent),
    ...(fixed && { fixed: span(fixed) }),
    ...(uniform && { uniform: { min: span(uniform.min), max: span(uniform.max) } }),
    ...(normal && { normal: { mean: span(normal.mean), deviation: span(normal.deviation) } }),
    ...(pareto && { pareto: { min: span(pareto.min), shape: pareto.shape } }),
    ...(percentiles && {
      percentiles: { p50: span(percentiles.p50), p95: span(percentiles.p95), p99: span(percentiles.p99) },
    }),
  };
}

function responseOf(fault: ResponseFault): Message<'aya.v1.FaultRule.Response'> {
  const { bytesPerSecond, corruptEvery, dropTrailers, headers, slice, slowClose, truncateAfter } = fault;
  return {
    percentage: percentage(fault.percent),
    ...(bytesPerSecond && { bytes_per_second: bytesPerSecond }),
    ...(slice && { slice: { bytes: slice.bytes, pause: span(slice.pause) } }),
    ...(slowClose && { slow_close: span(slowClose) }),
    ...(truncateAfter !== undefined && { truncate_after: { value: truncateAfter } }),
    ...(corruptEvery && { corrupt_every: corruptEvery }),
    ...(headers && {
      set_headers: headers.set.map(({ name, value }) => ({ key: name, value })),
      remove_headers: headers.remove,
    }),
    ...(dropTrailers && { drop_trailers: true }),
  };
}

const shortForms = ['truncate', 'corrupt', 'blackHole', 'connectFailure'] as const;

/** What of a policy Envoy's filter cannot do, as paths within `faults`. */
export function beyondEnvoy({ spec: { faults } }: FaultPolicy): string[] {
  const { abort, connection, delay, response } = faults;
  const beyond: string[] = shortForms.filter((each) => faults[each] !== undefined);
  if (abort?.reset) beyond.push('abort.reset');
  if (delay && delay.fixed === undefined) {
    beyond.push(
      ...Object.keys(delay)
        .filter((each) => each !== 'percent')
        .map((each) => `delay.${each}`),
    );
  }
  if (connection) beyond.push('connection');
  if (response) {
    for (const [each, value] of Object.entries(response)) {
      if (value !== false && !['percent', 'bytesPerSecond'].includes(each)) beyond.push(`response.${each}`);
    }
  }
  return beyond;
}

/** KiB per second; Envoy counts no finer. */
function kibOf(bytesPerSecond: number): number {
  return Math.max(1, Math.round(bytesPerSecond / 1_024));
}

/** The same for clients that only know Envoy's fault filter: once per request, before the retries. */
export function httpFaultOf(policy: FaultPolicy): Message<'envoy.extensions.filters.http.fault.v3.HTTPFault'> {
  const { faults, maxActive } = policy.spec;
  const { abort, bandwidth, delay, response } = faults;
  const limit = response?.bytesPerSecond ?? bytesPerSecond(bandwidth?.limit ?? '');
  return {
    ...(delay?.fixed && { delay: { percentage: percentage(delay.percent), fixed_delay: span(delay.fixed) } }),
    ...(limit > 0 && {
      response_rate_limit: {
        percentage: percentage((response?.bytesPerSecond === undefined ? bandwidth : response)?.percent ?? 0),
        fixed_limit: { limit_kbps: kibOf(limit) },
      },
    }),
    ...(abort &&
      !abort.reset && {
        abort: {
          percentage: percentage(abort.percent),
          ...(abort.grpcStatus === undefined
            ? { http_status: abort.httpStatus ?? 503 }
            : { grpc_status: abort.grpcStatus }),
        },
      }),
    ...(maxActive !== undefined && { max_active_faults: { value: maxActive } }),
  };
}

/** Envoy counts in whole parts: a millionth is a ten-thousandth of a percent. */
function percentage(percent: number): Percentage {
  return { numerator: Math.round(percent * 10_000), denominator: 'MILLION' };
}

/** What a plain HTTP caller gets in place of a gRPC status. Source: google/rpc/code.proto, "HTTP Mapping". */
function httpStatusOf(grpc = 2): number {
  const statuses = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401];
  return statuses[grpc] ?? 500;
}

function span(text: string): { seconds: number; nanos: number } {
  return fromMs(parseDuration(text) ?? 0);
}
