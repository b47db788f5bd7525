import { parseDuration } from '../../shared/struct/duration.ts';
import { fromMs } from '../../shared/xds/duration.ts';
import { FAULT_ASSIGNMENT } from '../../shared/xds/type-url.ts';
import { expiry, type FaultPolicy } from '../model/fault-policy.ts';
import { keyOf } from '../model/world.ts';
import type { Caller } from './caller.ts';
import type { ServiceEntry } from './catalog.ts';
import { ofFault } from './condition.ts';
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
  const message: Message<'aya.v1.FaultAssignment'> = { rules: faults.map(ruleOf) };
  const expiresAt = Math.min(...faults.map(expiry));
  return [{ type: FAULT_ASSIGNMENT, name: `${name}.${namespace}`, aliases: [], message, expiresAt }];
}

function ruleOf(policy: FaultPolicy): Message<'aya.v1.FaultRule'> {
  const { match, faults, at, maxActive } = policy.spec;
  const { delay, abort } = faults;
  return {
    policy: keyOf(policy),
    match: match.flatMap((each) => matchesOf(ofFault(each), 'aya')),
    ...(delay && { delay: { percentage: percentage(delay.percent), fixed: span(delay.fixed) } }),
    ...(abort && {
      abort: {
        percentage: percentage(abort.percent),
        http_status: abort.httpStatus ?? httpStatusOf(abort.grpcStatus),
        ...(abort.grpcStatus !== undefined && { grpc_status: { value: abort.grpcStatus } }),
      },
    }),
    at: at === 'Attempt' ? 'ATTEMPT' : 'REQUEST',
    ...(maxActive !== undefined && { max_active: { value: maxActive } }),
  };
}

/** The same for clients that only know Envoy's fault filter: once per request, before the retries. */
export function httpFaultOf(policy: FaultPolicy): Message<'envoy.extensions.filters.http.fault.v3.HTTPFault'> {
  const { faults, maxActive } = policy.spec;
  const { delay, abort } = faults;
  return {
    ...(delay && { delay: { percentage: percentage(delay.percent), fixed_delay: span(delay.fixed) } }),
    ...(abort && {
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
