import type {
  Duration,
  FaultAssignment,
  FaultRule,
  FaultRuleConnection,
  FaultRuleDelay,
  FaultRuleResponse,
  HTTPFault,
} from '../../shared/xds/messages.gen.ts';
import type {
  ConnectionFaultPlan,
  FaultAssignmentPlan,
  FaultRulePlan,
  HttpFaultPlan,
  ResponseFaultPlan,
  SpreadPlan,
} from '../core/plan/fault.ts';
import { headerName } from './header-mutation.ts';
import { headerMatch, routeMatch } from './match.ts';
import { headerValue } from './message-text.ts';
import type { Place } from './place.ts';
import { durationOf, fractionOf, numberOf, positiveDurationOf, UNLIMITED } from './value.ts';

/** Envoy's HTTP fault filter, for a listener or as a route's override. Source: Envoy's fault.proto. */
export function httpFault(fault: HTTPFault, place: Place): HttpFaultPlan {
  place.only(fault, ['delay', 'abort', 'upstream_cluster', 'headers', 'max_active_faults', 'response_rate_limit']);
  return {
    delay: faultDelay(fault, place.at('delay')),
    abort: faultAbort(fault, place.at('abort')),
    rate: rateLimit(fault, place.at('response_rate_limit')),
    headers: fault.headers.map((each, at) => headerMatch(each, place.index('headers', at))),
    upstreamCluster: fault.upstream_cluster ?? '',
    maxActive: numberOf(fault.max_active_faults, UNLIMITED),
  };
}

function faultDelay({ delay }: HTTPFault, place: Place): HttpFaultPlan['delay'] {
  if (!delay) return null;
  place.only(delay, ['fixed_delay', 'header_delay', 'percentage']);
  const byHeader = delay.header_delay !== undefined;
  if (!delay.fixed_delay && !byHeader) place.at('fixed_delay').wrong('is required');
  return {
    percent: fractionOf(delay.percentage, place.at('percentage')),
    fixed: positiveDurationOf(delay.fixed_delay, 0, place.at('fixed_delay')),
    ...(byHeader && { byHeader }),
  };
}

function faultAbort({ abort }: HTTPFault, place: Place): HttpFaultPlan['abort'] {
  if (!abort) return null;
  place.only(abort, ['http_status', 'grpc_status', 'header_abort', 'percentage']);
  const percent = fractionOf(abort.percentage, place.at('percentage'));
  // A gRPC status travels in a 200 response.
  if (abort.grpc_status !== undefined) return { percent, status: 200, grpcStatus: abort.grpc_status };
  if (abort.header_abort !== undefined) return { percent, status: 503, grpcStatus: null, byHeader: true };
  const status = abort.http_status ?? 0;
  checkStatus(status, place.at('http_status'));
  return { percent, status, grpcStatus: null };
}

function rateLimit({ response_rate_limit: rate }: HTTPFault, place: Place): HttpFaultPlan['rate'] {
  if (!rate) return null;
  place.only(rate, ['fixed_limit', 'header_limit', 'percentage']);
  const kib = rate.fixed_limit?.limit_kbps ?? 0;
  if (!rate.header_limit && kib < 1) place.at('fixed_limit').at('limit_kbps').wrong('must be at least 1');
  return {
    percent: fractionOf(rate.percentage, place.at('percentage')),
    bytesPerSecond: kib * 1_024,
    byHeader: rate.header_limit !== undefined,
  };
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
  place.only(rule, [
    'policy',
    'match',
    'delay',
    'abort',
    'at',
    'max_active',
    'connection',
    'response',
    'seed',
    'exempt_from_ejection',
  ]);
  const { abort, connection, delay, response } = rule;
  // Callers that do not speak gRPC need a status, too.
  const status = abort?.http_status || (abort?.grpc_status ? 503 : 0);
  if (abort) checkStatus(status, place.at('abort').at('http_status'));
  return {
    policy: rule.policy ?? '',
    match: rule.match.map((each, at) => routeMatch(each, place.index('match', at))),
    delay: delay ? ruleDelay(delay, place.at('delay')) : null,
    abort: abort
      ? {
          percent: fractionOf(abort.percentage, place.at('abort').at('percentage')),
          status,
          grpcStatus: abort.grpc_status ? (abort.grpc_status.value ?? 0) : null,
        }
      : null,
    connection: connection ? connectionFault(connection, place.at('connection')) : null,
    response: response ? responseFault(response, place.at('response')) : null,
    at: rule.at === 'REQUEST' ? 'request' : 'attempt',
    maxActive: numberOf(rule.max_active, UNLIMITED),
    seed: rule.seed ? (rule.seed.value ?? 0) : null,
    exempt: rule.exempt_from_ejection ?? false,
  };
}

function ruleDelay(delay: FaultRuleDelay, place: Place): FaultRulePlan['delay'] {
  const percent = fractionOf(delay.percentage, place.at('percentage'));
  const spread = spreadOf(delay, place);
  if (spread !== undefined) return { percent, fixed: 0, spread };
  return { percent, fixed: positiveDurationOf(delay.fixed, 0, place.at('fixed')) };
}

function spreadOf({ normal, pareto, percentiles, uniform }: FaultRuleDelay, place: Place): SpreadPlan | undefined {
  const ms = (duration: Duration | undefined, ...path: string[]): number =>
    durationOf(
      duration,
      0,
      path.reduce((at, each) => at.at(each), place),
    );
  if (uniform) {
    const plan = { min: ms(uniform.min, 'uniform', 'min'), max: ms(uniform.max, 'uniform', 'max') };
    if (plan.max < plan.min) place.at('uniform').at('max').wrong('must not be less than min');
    return { kind: 'uniform', ...plan };
  }
  if (normal) {
    return {
      kind: 'normal',
      mean: ms(normal.mean, 'normal', 'mean'),
      deviation: ms(normal.deviation, 'normal', 'deviation'),
    };
  }
  if (pareto) {
    const { shape = 0 } = pareto;
    if (!(shape > 0)) place.at('pareto').at('shape').wrong('must be more than 0');
    return { kind: 'pareto', min: ms(pareto.min, 'pareto', 'min'), shape };
  }
  if (!percentiles) return undefined;
  const [p50, p95, p99] = (['p50', 'p95', 'p99'] as const).map((each) => ms(percentiles[each], 'percentiles', each));
  const plan = { p50: p50 ?? 0, p95: p95 ?? 0, p99: p99 ?? 0 };
  if (plan.p95 < plan.p50 || plan.p99 < plan.p95) place.at('percentiles').wrong('p50, p95 and p99 must not fall');
  return { kind: 'percentiles', ...plan };
}

const connectionKinds = {
  CONNECT_FAILURE: 'connect-failure',
  POOL_EXHAUSTION: 'pool-exhaustion',
  BLACK_HOLE: 'black-hole',
  RESET_BEFORE_HEAD: 'reset-before-head',
  RESET_MID_HEAD: 'reset-mid-head',
  RESET_MID_BODY: 'reset-mid-body',
} as const;

function connectionFault(message: FaultRuleConnection, place: Place): ConnectionFaultPlan {
  const failure = message.failure ?? 'UNSPECIFIED';
  if (failure === 'UNSPECIFIED') place.at('failure').wrong('is required');
  return {
    percent: fractionOf(message.percentage, place.at('percentage')),
    kind: failure === 'UNSPECIFIED' ? 'connect-failure' : connectionKinds[failure],
    afterBytes: message.after_bytes ?? 0,
  };
}

function responseFault(message: FaultRuleResponse, place: Place): ResponseFaultPlan {
  const { slice } = message;
  if (slice && !slice.bytes) place.at('slice').at('bytes').wrong('must be at least 1');
  return {
    percent: fractionOf(message.percentage, place.at('percentage')),
    bytesPerSecond: message.bytes_per_second ?? 0,
    slice: slice ? { bytes: slice.bytes || 1, pause: durationOf(slice.pause, 0, place.at('slice').at('pause')) } : null,
    slowClose: durationOf(message.slow_close, 0, place.at('slow_close')),
    truncateAfter: numberOf(message.truncate_after, -1),
    corruptEvery: message.corrupt_every ?? 0,
    setHeaders: message.set_headers.map((each, at) => {
      const where = place.index('set_headers', at);
      return [headerName(each.key ?? '', where.at('key')), headerValue(each.value, where.at('value'))] as const;
    }),
    removeHeaders: message.remove_headers.map((each, at) => headerName(each, place.index('remove_headers', at))),
    dropTrailers: message.drop_trailers ?? false,
  };
}
