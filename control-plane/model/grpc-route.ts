import { type HeaderModifier, type HttpRouteFilter, headerModifier, onlyNamed } from './http-filter.ts';
import { headerMatches, type NameValueMatch } from './http-match.ts';
import type { Resource } from './object.ts';
import { regex } from './regex.ts';
import {
  type BackendRef,
  backendRefs,
  fewMatches,
  type ParentRef,
  parentRefs,
  type RouteStatus,
  type RouteTimeouts,
  routeTimeouts,
} from './route.ts';
import { duration, integer, list, object, oneOf, optional, preset, required, type Schema, text } from './schema.ts';

/**
 * Gateway API GRPCRoute in its mesh form (GAMMA). `timeouts` and `retry` of a rule are ours: the Gateway API has them for
 * HTTPRoute only, and means the same by them there.
 */
export interface GrpcRoute extends Resource {
  apiVersion: 'gateway.networking.k8s.io/v1';
  kind: 'GRPCRoute';
  spec: GrpcRouteSpec;
  status?: RouteStatus;
}

export interface GrpcRouteSpec {
  parentRefs: ParentRef[];
  rules: GrpcRouteRule[];
}

export interface GrpcRouteRule {
  name?: string;
  /** Any of them must match. */
  matches: GrpcRouteMatch[];
  filters: GrpcRouteFilter[];
  backendRefs: BackendRef[];
  timeouts?: RouteTimeouts;
  retry?: GrpcRetry;
}

/** Gateway API GRPCRouteMatch. All that is given must hold; nothing given means every gRPC call. */
export interface GrpcRouteMatch {
  method?: GrpcMethodMatch;
  headers: NameValueMatch[];
}

/** `service` is the full name, `shop.v1.Cart`. At least one of the two is there; the other may be anything. */
export interface GrpcMethodMatch {
  type: 'Exact' | 'RegularExpression';
  service?: string;
  method?: string;
}

/** Gateway API GRPCRouteFilter: exactly the field that `type` names is there. */
export interface GrpcRouteFilter extends HttpRouteFilter {
  type: 'RequestHeaderModifier' | 'ResponseHeaderModifier';
  requestHeaderModifier?: HeaderModifier;
  responseHeaderModifier?: HeaderModifier;
}

export type GrpcRetryCode = (typeof retryCodes)[number];

/** `attempts` are retries beyond the first attempt. */
export interface GrpcRetry {
  /** gRPC statuses, as in a service config's retryableStatusCodes. */
  codes: GrpcRetryCode[];
  attempts?: number;
  /** The least time before a retry. */
  backoff?: string;
}

/** Those for which there are conditions in xDS (gRFC A44). */
const retryCodes = ['CANCELLED', 'DEADLINE_EXCEEDED', 'INTERNAL', 'RESOURCE_EXHAUSTED', 'UNAVAILABLE'] as const;

const service = text({
  min: 1,
  max: 1024,
  pattern: /^[A-Za-z_][A-Za-z_0-9]*(\.[A-Za-z_][A-Za-z_0-9]*)*$/,
  is: 'the full name of a gRPC service, such as shop.v1.Cart',
});
const method = text({
  min: 1,
  max: 1024,
  pattern: /^[A-Za-z_][A-Za-z_0-9]*$/,
  is: 'the name of a gRPC method, such as AddItem',
});

const methodMatch = object<GrpcMethodMatch>(
  {
    type: preset(oneOf(['Exact', 'RegularExpression']), 'Exact'),
    service: optional(text({ min: 1, max: 1024 })),
    method: optional(text({ min: 1, max: 1024 })),
  },
  {
    also: (match, path, problems) => {
      if (match.service === undefined && match.method === undefined) {
        problems.add(path, 'must have a service, a method, or both', 'FieldValueRequired');
      }
      const exact = match.type === 'Exact';
      if (match.service !== undefined) (exact ? service : regex)(match.service, `${path}.service`, problems);
      if (match.method !== undefined) (exact ? method : regex)(match.method, `${path}.method`, problems);
    },
  },
);

const grpcRouteMatch = object<GrpcRouteMatch>({
  method: optional(methodMatch),
  headers: preset(headerMatches, []),
});

const everyCall: GrpcRouteMatch = { headers: [] };

const modifiers = ['requestHeaderModifier', 'responseHeaderModifier'] as const;

const filter = object<Pick<GrpcRouteFilter, 'type' | 'requestHeaderModifier' | 'responseHeaderModifier'>>(
  {
    type: required(oneOf(['RequestHeaderModifier', 'ResponseHeaderModifier'], ['RequestMirror', 'ExtensionRef'])),
    requestHeaderModifier: optional(headerModifier),
    responseHeaderModifier: optional(headerModifier),
  },
  {
    later: ['requestMirror', 'extensionRef'],
    also: (value, path, problems) => onlyNamed(value, value.type, modifiers, path, problems),
  },
);

const retry = object<GrpcRetry>({
  codes: required(list(oneOf(retryCodes), { min: 1, max: retryCodes.length, unique: { by: String, path: '' } })),
  attempts: optional(integer(0, 10)),
  backoff: optional(duration(1, 60_000)),
});

const rule = object<GrpcRouteRule>(
  {
    name: optional(text({ min: 1, max: 253 })),
    matches: preset(list(grpcRouteMatch, { min: 1, max: 64 }), [everyCall]),
    filters: preset(list(filter, { max: 16, unique: { by: (each) => each.type, path: 'type' } }), []),
    backendRefs: preset(backendRefs, []),
    timeouts: optional(routeTimeouts),
    retry: optional(retry),
  },
  { later: ['sessionPersistence'] },
);

const spec = object<GrpcRouteSpec>(
  {
    parentRefs: required(parentRefs),
    rules: preset(list(rule, { min: 1, max: 16, unique: { by: (each) => each.name, path: 'name' } }), [
      { matches: [everyCall], filters: [], backendRefs: [] },
    ]),
  },
  {
    later: ['hostnames', 'useDefaultGateways'],
    also: ({ rules }, path, problems) => fewMatches(rules, `${path}.rules`, problems),
  },
);

export const grpcRouteBody: Schema<Pick<GrpcRoute, 'spec'>> = object<Pick<GrpcRoute, 'spec'>>({ spec: required(spec) });
