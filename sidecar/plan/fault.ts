import type { FaultAssignment, FaultRule, HTTPFault } from '../../shared/xds/messages.gen.ts';
import type { FaultAssignmentPlan, FaultRulePlan, HttpFaultPlan } from '../core/plan/fault.ts';
import { headerMatch, routeMatch } from './match.ts';
import type { Place } from './place.ts';
import { fractionOf, numberOf, positiveDurationOf, UNLIMITED } from './value.ts';

/** Envoy's HTTP fault filter, for a listener or as a route's override. Source: Envoy's fault.proto. */
export function httpFault(fault: HTTPFault, place: Place): HttpFaultPlan {
  place.only(fault, ['delay', 'abort', 'upstream_cluster', 'headers', 'max_active_faults']);
  return {
    delay: faultDelay(fault, place.at('delay')),
    abort: faultAbort(fault, place.at('abort')),
    headers: fault.headers.map((each, at) => headerMatch(each, place.index('headers', at))),
    upstreamCluster: fault.upstream_cluster ?? '',
    maxActive: numberOf(fault.max_active_faults, UNLIMITED),
  };
}

function faultDelay({ delay }: HTTPFault, place: Place): HttpFaultPlan['delay'] {
  if (!delay) return null;
  place.only(delay, ['fixed_delay', 'percentage']);
  if (!delay.fixed_delay && !delay.header_delay) place.at('fixed_delay').wrong('is required');
  return {
    percent: fractionOf(delay.percentage, place.at('percentage')),
    fixed: positiveDurationOf(delay.fixed_delay, 0, place.at('fixed_delay')),
  };
}

function faultAbort({ abort }: HTTPFault, place: Place): HttpFaultPlan['abort'] {
  if (!abort) return null;
  place.only(abort, ['http_status', 'grpc_status', 'percentage']);
  const percent = fractionOf(abort.percentage, place.at('percentage'));
  // A gRPC status travels in a 200 response.
  if (abort.grpc_status !== undefined) return { percent, status: 200, grpcStatus: abort.grpc_status };
  const status = abort.http_status ?? 0;
  if (abort.header_abort === undefined) checkStatus(status, place.at('http_status'));
  return { percent, status, grpcStatus: null };
}

function checkStatus(status: number, place: Place): void {
  if (status < 200 || status > 599) place.wrong(`must be from 200 to 599, is ${status}`);
}

/** The faults towards `service`. */
export function faultAssignment(service: string, message: FaultAssignment, place: Place): FaultAssignmentPlan {
  place.only(message, ['rules']);
  return { service, rules: message.rules.map((each, at) => faultRule(each, place.index('rules', at))) };
}

function faultRule(rule: FaultRule, place: Place): FaultRulePlan {
  place.only(rule, ['policy', 'match', 'delay', 'abort', 'at', 'max_active']);
  const { delay, abort } = rule;
  // Callers that do not speak gRPC need a status, too.
  const status = abort?.http_status || (abort?.grpc_status ? 503 : 0);
  if (abort) checkStatus(status, place.at('abort').at('http_status'));
  return {
    policy: rule.policy ?? '',
    match: rule.match.map((each, at) => routeMatch(each, place.index('match', at))),
    delay: delay
      ? {
          percent: fractionOf(delay.percentage, place.at('delay').at('percentage')),
          fixed: positiveDurationOf(delay.fixed, 0, place.at('delay').at('fixed')),
        }
      : null,
    abort: abort
      ? {
          percent: fractionOf(abort.percentage, place.at('abort').at('percentage')),
          status,
          grpcStatus: abort.grpc_status ? (abort.grpc_status.value ?? 0) : null,
        }
      : null,
    at: rule.at === 'REQUEST' ? 'request' : 'attempt',
    maxActive: numberOf(rule.max_active, UNLIMITED),
  };
}
