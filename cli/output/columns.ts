import { type ApiObject, type Condition, isRecord } from '../api/object.ts';

interface Column {
  readonly title: string;
  /** Shown only by `-o wide`. */
  readonly wide?: true;
  cell(object: ApiObject): string;
}

const none = '<none>';
const records = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRecord) : []);
const words = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const join = (cells: readonly string[]): string => (cells.length > 0 ? cells.join(',') : none);
const keys = (value: unknown): string => join(isRecord(value) ? Object.keys(value) : []);

export function conditionsOf(object: ApiObject): Condition[] {
  const direct = records(object.status?.conditions);
  const perParent = records(object.status?.parents).flatMap((parent) => records(parent.conditions));
  return [...direct, ...perParent] as unknown as Condition[];
}

/** Condition `type` as one word: its status when True, otherwise the reason. */
function state(object: ApiObject, type: string): string {
  const found = conditionsOf(object).find((each) => each.type === type);
  if (!found) return none;
  return found.status === 'True' ? 'True' : (found.reason ?? found.status);
}

const ports = (list: unknown): string =>
  join(records(list).map(({ port, name, appProtocol }) => [port, appProtocol ?? name].filter(Boolean).join('/')));
const reference = ({ name, namespace, port }: Record<string, unknown>): string =>
  `${namespace === undefined ? '' : `${namespace}/`}${name}${port === undefined ? '' : `:${port}`}`;
const targets: Column = {
  title: 'TARGETS',
  cell: ({ spec }) => join(records(spec?.targetRefs).map(reference)),
};
const accepted: Column = { title: 'ACCEPTED', cell: (object) => state(object, 'Accepted') };
/** On how many of the sidecars that it concerns it is in force. */
const applied: Column = {
  title: 'APPLIED',
  cell: ({ status }) => (isRecord(status?.sidecars) ? `${status.sidecars.applied}/${status.sidecars.total}` : none),
};

const backends = ({ spec }: ApiObject): string =>
  join(
    records(spec?.rules).flatMap((rule) =>
      records(rule.backendRefs).map(
        (each) => `${reference(each)}${each.weight === undefined ? '' : `=${each.weight}`}`,
      ),
    ),
  );
const route: Column[] = [
  { title: 'PARENTS', cell: ({ spec }) => join(records(spec?.parentRefs).map(reference)) },
  { title: 'BACKENDS', cell: backends },
  accepted,
  applied,
  { title: 'HOSTNAMES', wide: true, cell: ({ spec }) => join(words(spec?.hostnames)) },
];

const ready = (endpoint: Record<string, unknown>): boolean =>
  !isRecord(endpoint.conditions) || endpoint.conditions.ready !== false;

/** Columns by kind, between NAME and AGE. A kind that is not here shows only those two. */
const columns: Record<string, readonly Column[]> = {
  Service: [
    { title: 'PORTS', cell: ({ spec }) => ports(spec?.ports) },
    { title: 'SELECTOR', wide: true, cell: ({ spec }) => keys(spec?.selector) },
  ],
  EndpointSlice: [
    {
      title: 'SERVICE',
      cell: ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] ?? none,
    },
    { title: 'PORTS', cell: ({ ports: list }) => ports(list) },
    {
      title: 'READY',
      cell: ({ endpoints }) => `${records(endpoints).filter(ready).length}/${records(endpoints).length}`,
    },
    {
      title: 'ENDPOINTS',
      cell: ({ endpoints }) => join(records(endpoints).flatMap(({ addresses }) => words(addresses))),
    },
  ],
  HTTPRoute: route,
  GRPCRoute: route,
  TCPRoute: route,
  TrafficPolicy: [
    targets,
    {
      title: 'BALANCING',
      cell: ({ spec }) => String((isRecord(spec?.loadBalancing) && spec.loadBalancing.policy) || none),
    },
    accepted,
    applied,
    {
      title: 'SETS',
      wide: true,
      cell: ({ spec }) => join(Object.keys(spec ?? {}).filter((key) => key !== 'targetRefs')),
    },
  ],
  FaultPolicy: [
    targets,
    { title: 'FAULTS', cell: ({ spec }) => keys(spec?.faults) },
    accepted,
    applied,
    { title: 'EXPIRES', cell: ({ status }) => String(status?.expiresAt ?? none) },
    {
      title: 'FROM',
      wide: true,
      cell: ({ spec }) =>
        records(spec?.from)
          .map(({ service }) => String(service))
          .join(',') || 'all',
    },
  ],
};

/** The columns of a kind, as titles and as a function from an object to its cells. */
export function columnsOf(kind: string, wide: boolean): { titles: string[]; cells(object: ApiObject): string[] } {
  const shown = (columns[kind] ?? []).filter((each) => wide || !each.wide);
  return { titles: shown.map(({ title }) => title), cells: (object) => shown.map((each) => each.cell(object)) };
}
