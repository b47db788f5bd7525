import { parseDuration } from '../../shared/struct/duration.ts';
import { label, serviceName } from './names.ts';
import { type Condition, conditionsSchema } from './object.ts';
import type { Problems } from './problem.ts';
import { duration, integer, list, object, oneOf, optional, preset, required, type Schema, text } from './schema.ts';

/** What routes of all kinds have in common: whose callers they are for, where they send to, and their status. */
export interface ParentRef {
  group: '';
  kind: 'Service';
  /** Absent: the route's own namespace. Another one makes it a consumer route: for callers in the route's namespace. */
  namespace?: string;
  name: string;
  /** A port of the Service; absent: all of them. */
  port?: number;
}

/** `namespace` absent: the route's own. Another one needs no ReferenceGrant: callers are not authenticated yet either. */
export interface BackendRef {
  group: '';
  kind: 'Service';
  namespace?: string;
  name: string;
  port: number;
  /** Its share is weight / sum of weights; 0 gets nothing. */
  weight: number;
}

/** GEP-1742. `0s` means none. */
export interface RouteTimeouts {
  request?: string;
  backendRequest?: string;
}

export interface RouteStatus {
  parents: RouteParentStatus[];
}

export interface RouteParentStatus {
  parentRef: ParentRef;
  controllerName: string;
  conditions: Condition[];
}

/** The group of Service. Gateway API's own default is the group of Gateway, so that it must be written out. */
const coreGroup: Schema<''> = (value, path, problems) => {
  if (value === '' || value === 'core') return '';
  problems.add(path, `must be "" with kind: Service; got ${JSON.stringify(value)}`, 'FieldValueNotSupported');
  return '';
};

const port = integer(1, 65535);

const parentRef = object<ParentRef>(
  {
    group: preset(coreGroup, ''),
    kind: required(oneOf(['Service'], ['Gateway'])),
    namespace: optional(label),
    name: required(serviceName),
    port: optional(port),
  },
  { later: ['sectionName'] },
);

export const parentRefs: Schema<ParentRef[]> = list(parentRef, {
  min: 1,
  max: 32,
  unique: { by: (ref) => `${ref.namespace ?? ''}/${ref.name}:${ref.port ?? '*'}`, path: '' },
});

const backendRef = object<BackendRef>(
  {
    group: preset(coreGroup, ''),
    kind: preset(oneOf(['Service']), 'Service'),
    namespace: optional(label),
    name: required(serviceName),
    port: required(port),
    weight: preset(integer(0, 1_000_000), 1),
  },
  { later: ['filters'] },
);

export const backendRefs: Schema<BackendRef[]> = list(backendRef, { max: 16 });

const day = 24 * 3_600_000;

export const routeTimeouts: Schema<RouteTimeouts> = object<RouteTimeouts>(
  { request: optional(duration(0, day)), backendRequest: optional(duration(0, day)) },
  {
    also: ({ request, backendRequest }, path, problems) => {
      const [whole, one] = [parseDuration(request ?? '0s') ?? 0, parseDuration(backendRequest ?? '0s') ?? 0];
      if (whole > 0 && one > whole) {
        problems.add(`${path}.backendRequest`, `must be at most request (${request}); got ${backendRequest}`);
      }
    },
  },
);

const maxMatches = 128;

/** Gateway API: how many matches all rules of a route may have together. */
export function fewMatches(rules: readonly { matches: readonly unknown[] }[], path: string, problems: Problems): void {
  const matches = rules.reduce((sum, each) => sum + each.matches.length, 0);
  if (matches <= maxMatches) return;
  problems.add(path, `must have at most ${maxMatches} matches together; got ${matches}`, 'FieldValueTooMany');
}

export const routeStatus: Schema<RouteStatus> = object<RouteStatus>({
  parents: preset(
    list(
      object<RouteParentStatus>({
        parentRef: required(parentRef),
        controllerName: required(text({ min: 1 })),
        conditions: preset(conditionsSchema, []),
      }),
      { max: 32 },
    ),
    [],
  ),
});
