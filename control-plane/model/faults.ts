import { parseDuration } from '../../shared/struct/duration.ts';
import { headerName, headerValue } from './names.ts';
import type { Problems } from './problem.ts';
import {
  boolean,
  duration,
  integer,
  list,
  number,
  object,
  oneOf,
  optional,
  percent,
  preset,
  required,
  type Schema,
} from './schema.ts';
import { type ShortFaults, shortFaults } from './short-faults.ts';

/** At least one. Each is drawn for itself; the delay comes first, and an abort takes the place of what follows. */
export interface Faults extends ShortFaults {
  delay?: DelayFault;
  /** Exactly one of what stands beside `percent`; `reset` breaks the connection instead of an answer. */
  abort?: { percent: number; httpStatus?: number; grpcStatus?: number; reset?: boolean };
  connection?: ConnectionFault;
  response?: ResponseFault;
}

/** Exactly one of what stands beside `percent`. Durations as text. */
export interface DelayFault {
  percent: number;
  fixed?: string;
  uniform?: { min: string; max: string };
  normal?: { mean: string; deviation: string };
  pareto?: { min: string; shape: number };
  percentiles?: { p50: string; p95: string; p99: string };
}

/** Breaks the way to an endpoint. */
export interface ConnectionFault {
  percent: number;
  failure: (typeof connectionFailures)[number];
  /** ResetMidBody: bytes of the body that still arrive. */
  afterBytes?: number;
}

/** Changes what comes back; all that is given is done. */
export interface ResponseFault {
  percent: number;
  bytesPerSecond?: number;
  slice?: { bytes: number; pause: string };
  slowClose?: string;
  /** The body ends as if whole after so many bytes. */
  truncateAfter?: number;
  /** One byte in each run of so many is inverted. */
  corruptEvery?: number;
  headers?: { set: { name: string; value: string }[]; remove: string[] };
  dropTrailers: boolean;
}

const connectionFailures = [
  'ConnectFailure',
  'PoolExhaustion',
  'BlackHole',
  'ResetBeforeHead',
  'ResetMidHead',
  'ResetMidBody',
] as const;

const hour = 3_600_000;
const span = duration(0, hour);

function one(names: string[], value: object, path: string, problems: Problems): void {
  const given = names.filter((name) => name in value);
  if (given.length === 1) return;
  const got = given.length === 0 ? 'none' : given.join(' and ');
  problems.add(path, `must have exactly one of ${names.join(', ')}; got ${got}`);
}

/** Durations that must not fall in the order in which they stand. */
function rising<T extends object>(
  names: readonly (keyof T & string)[],
): (value: T, path: string, problems: Problems) => void {
  return (value, path, problems) => {
    const ms = names.map((name) => parseDuration(String(value[name])) ?? 0);
    names.forEach((name, at) => {
      const before = names[at - 1];
      if (before !== undefined && (ms[at] as number) < (ms[at - 1] as number)) {
        problems.add(
          `${path}.${name}`,
          `must be at least ${before} (${String(value[before])}); got ${String(value[name])}`,
        );
      }
    });
  };
}

const delay = object<DelayFault>(
  {
    percent: required(percent),
    fixed: optional(duration(1, hour)),
    uniform: optional(
      object<{ min: string; max: string }>(
        { min: required(span), max: required(span) },
        { also: rising(['min', 'max']) },
      ),
    ),
    normal: optional(object<{ mean: string; deviation: string }>({ mean: required(span), deviation: required(span) })),
    pareto: optional(
      object<{ min: string; shape: number }>({ min: required(duration(1, hour)), shape: required(number(0.1, 100)) }),
    ),
    percentiles: optional(
      object<{ p50: string; p95: string; p99: string }>(
        { p50: required(span), p95: required(span), p99: required(span) },
        { also: rising(['p50', 'p95', 'p99']) },
      ),
    ),
  },
  {
    also: (value, path, problems) =>
      one(['fixed', 'uniform', 'normal', 'pareto', 'percentiles'], value, path, problems),
  },
);

const abort = object<NonNullable<Faults['abort']>>(
  {
    percent: required(percent),
    httpStatus: optional(integer(200, 599)),
    grpcStatus: optional(integer(1, 16)),
    reset: optional(boolean),
  },
  {
    also: (value, path, problems) => {
      one(['httpStatus', 'grpcStatus', 'reset'], value, path, problems);
      if (value.reset === false) problems.add(`${path}.reset`, 'must be true or absent');
    },
  },
);

const bytes = integer(1, 1_000_000_000);

const connection = object<ConnectionFault>(
  {
    percent: required(percent),
    failure: required(oneOf(connectionFailures)),
    afterBytes: optional(integer(0, 1_000_000_000)),
  },
  {
    also: ({ afterBytes, failure }, path, problems) => {
      if (afterBytes !== undefined && failure !== 'ResetMidBody')
        problems.add(`${path}.afterBytes`, 'must be absent unless failure is ResetMidBody', 'FieldValueForbidden');
    },
  },
);

const framing = ['connection', 'content-length', 'host', 'transfer-encoding'];

const changes = object<NonNullable<ResponseFault['headers']>>(
  {
    set: preset(
      list(object<{ name: string; value: string }>({ name: required(headerName), value: required(headerValue) }), {
        max: 16,
      }),
      [],
    ),
    remove: preset(list(headerName, { max: 16 }), []),
  },
  {
    also: ({ remove, set }, path, problems) => {
      for (const name of [...set.map((each) => each.name), ...remove]) {
        if (framing.includes(name.toLowerCase()))
          problems.add(path, `"${name}" belongs to the framing and cannot be changed`);
      }
    },
  },
);

const effects = [
  'bytesPerSecond',
  'slice',
  'slowClose',
  'truncateAfter',
  'corruptEvery',
  'headers',
] as const satisfies (keyof ResponseFault)[];

const response = object<ResponseFault>(
  {
    percent: required(percent),
    bytesPerSecond: optional(bytes),
    slice: optional(object<{ bytes: number; pause: string }>({ bytes: required(bytes), pause: required(span) })),
    slowClose: optional(duration(1, hour)),
    truncateAfter: optional(integer(0, 1_000_000_000)),
    corruptEvery: optional(bytes),
    headers: optional(changes),
    dropTrailers: preset(boolean, false),
  },
  {
    also: (value, path, problems) => {
      if (!value.dropTrailers && !effects.some((each) => each in value))
        problems.add(path, `must have one of ${effects.join(', ')}, dropTrailers`, 'FieldValueRequired');
    },
  },
);

const kinds = ['delay', 'abort', 'connection', 'response', ...Object.keys(shortFaults)];

export const faults: Schema<Faults> = object<Faults>(
  {
    delay: optional(delay),
    abort: optional(abort),
    connection: optional(connection),
    response: optional(response),
    ...shortFaults,
  },
  {
    also: (value, path, problems) => {
      if (Object.keys(value).length === 0)
        problems.add(path, `must have one of ${kinds.join(', ')}`, 'FieldValueRequired');
    },
  },
);
