import { type EndpointSlice, serviceNameLabel } from '../model/endpoint-slice.ts';
import type { AnyObject, KindName, ObjectOf } from '../model/kinds.ts';
import type { Condition } from '../model/object.ts';
import type { Route } from '../model/route-conflicts.ts';
import type { FleetStatus } from './conditions.ts';

/** What a cell may need besides the object. */
export interface CellContext {
  /** Wall-clock milliseconds. */
  wall: number;
  fleet: FleetStatus | undefined;
}

interface Column<T> {
  name: string;
  description: string;
  /** Shown only by `-o wide`. */
  wide?: true;
  cell: (object: T, context: CellContext) => string;
}

const none = '<none>';
const joined = (parts: readonly string[]): string => (parts.length > 0 ? parts.join(',') : none);

const name: Column<AnyObject> = {
  name: 'Name',
  description: 'Name of the object',
  cell: ({ metadata }) => metadata.name,
};
const age: Column<AnyObject> = {
  name: 'Age',
  description: 'Time since the object was created',
  cell: ({ metadata }, { wall }) => span(wall - Date.parse(metadata.creationTimestamp)),
};
const applied: Column<AnyObject> = {
  name: 'Applied',
  description: 'Sidecars that have it in force, of those that it concerns',
  cell: (_object, { fleet }) => (fleet ? `${fleet.applied}/${fleet.total}` : none),
};

/** True, or why not. */
function accepted(conditions: readonly Condition[] | undefined): string {
  const found = conditions?.find((each) => each.type === 'Accepted');
  return found ? (found.status === 'True' ? 'True' : found.reason) : none;
}

const targets = (refs: readonly { name: string; namespace?: string; port?: number }[]): string =>
  joined(
    refs.map(({ name, namespace, port }) => `${namespace ? `${namespace}/` : ''}${name}${port ? `:${port}` : ''}`),
  );

const routeColumns: readonly Column<Route>[] = [
  { name: 'Parents', description: 'Services whose callers are routed', cell: ({ spec }) => targets(spec.parentRefs) },
  {
    name: 'Backends',
    description: 'Services that requests go to',
    cell: ({ spec }) => targets(spec.rules.flatMap(({ backendRefs }) => backendRefs)),
  },
  {
    name: 'Accepted',
    description: 'True, or why not',
    cell: ({ status }) => accepted(status?.parents[0]?.conditions),
  },
  applied,
];

const columns: { [K in KindName]: readonly Column<ObjectOf[K]>[] } = {
  Service: [
    {
      name: 'Ports',
      description: 'Port and protocol of each port',
      cell: ({ spec }) =>
        joined(spec.ports.map(({ port, name, appProtocol }) => `${port}/${appProtocol ?? name ?? 'TCP'}`)),
    },
  ],
  EndpointSlice: [
    {
      name: 'Service',
      description: 'The Service it belongs to',
      cell: ({ metadata }) => metadata.labels?.[serviceNameLabel] ?? none,
    },
    {
      name: 'Ports',
      description: 'Ports of every endpoint',
      cell: ({ ports }) => joined(ports.map(({ port }) => String(port))),
    },
    {
      name: 'Ready',
      description: 'Endpoints that may take traffic',
      cell: (slice) => `${ready(slice)}/${slice.endpoints.length}`,
    },
    {
      name: 'Endpoints',
      description: 'Addresses',
      wide: true,
      cell: ({ endpoints }) => joined(endpoints.map(({ addresses }) => addresses[0] ?? '')),
    },
  ],
  HTTPRoute: routeColumns,
  GRPCRoute: routeColumns,
  TrafficPolicy: [
    { name: 'Targets', description: 'Services it is about', cell: ({ spec }) => targets(spec.targetRefs) },
    { name: 'Accepted', description: 'True, or why not', cell: ({ status }) => accepted(status?.conditions) },
    applied,
    {
      name: 'Sets',
      description: 'What it settles',
      wide: true,
      cell: ({ spec }) => joined(Object.keys(spec).filter((each) => each !== 'targetRefs')),
    },
  ],
  FaultPolicy: [
    { name: 'Targets', description: 'Services it is about', cell: ({ spec }) => targets(spec.targetRefs) },
    { name: 'Faults', description: 'What it injects', cell: ({ spec }) => joined(Object.keys(spec.faults)) },
    { name: 'Accepted', description: 'True, or why not', cell: ({ status }) => accepted(status?.conditions) },
    applied,
    {
      name: 'Expires',
      description: 'How long the faults still last',
      cell: ({ status }, { wall }) => remaining(Date.parse(status?.expiresAt ?? '') - wall),
    },
  ],
};

function of(kind: KindName): readonly Column<AnyObject>[] {
  return [name, ...(columns[kind] as readonly Column<AnyObject>[]), age];
}

/** The head of a Kubernetes `Table` of this kind. */
export function columnDefinitions(kind: KindName): object[] {
  return of(kind).map((column) => ({
    name: column.name,
    type: 'string',
    format: column.name === 'Name' ? 'name' : '',
    description: column.description,
    priority: column.wide ? 1 : 0,
  }));
}

/** One row of it; kubectl takes namespace and labels from the metadata. */
export function tableRow(object: AnyObject, context: CellContext): object {
  const { metadata } = object;
  const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
  return { cells: of(object.kind).map((column) => column.cell(object, context)), object: partial };
}

const ready = ({ endpoints }: EndpointSlice): number => endpoints.filter((each) => each.conditions.ready).length;
const remaining = (ms: number): string => (Number.isNaN(ms) ? none : ms <= 0 ? 'expired' : span(ms));

/** Two figures at most, as Kubernetes shows ages: 90s, 5m30s, 3h, 4d. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)];
  const both = (large: number, sign: string, rest: number, small: string): string =>
    `${large}${sign}${rest > 0 ? `${rest}${small}` : ''}`;
  if (minutes < 10) return both(minutes, 'm', seconds % 60, 's');
  if (hours < 3) return `${minutes}m`;
  if (hours < 8) return both(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  return days < 8 ? both(days, 'd', hours % 24, 'h') : `${days}d`;
}
