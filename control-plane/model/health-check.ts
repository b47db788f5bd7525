import { duration, integer, list, object, oneOf, optional, preset, required, type Schema, text } from './schema.ts';

/** Callers' sidecars check every endpoint of the service themselves. Exactly one of `http`, `tcp` and `grpc`. */
export interface HealthCheck {
  http?: HttpCheck;
  tcp?: TcpCheck;
  grpc?: GrpcCheck;
  interval: string;
  timeout: string;
  /** Checks in a row that decide; the very first one decides alone. */
  unhealthyThreshold: number;
  healthyThreshold: number;
}

export interface HttpCheck {
  path: string;
  /** Default SERVICE.NAMESPACE. */
  host?: string;
  method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST';
  /** Statuses that mean healthy, both ends included. */
  statuses: { from: number; to: number }[];
  /** To be found in the first KiB of the body. */
  body?: string;
}

/** A connection is enough, unless there is something to `expect`. */
export interface TcpCheck {
  send?: string;
  expect?: string;
}

export interface GrpcCheck {
  /** '' asks for the server as a whole. */
  service: string;
}

const status = integer(100, 599);
const words = text({ min: 1, max: 1024 });

const http = object<HttpCheck>({
  path: required(text({ min: 1, max: 1024, pattern: /^\/[!-"$-~]*$/, is: 'a path of visible ASCII characters' })),
  host: optional(text({ min: 1, max: 253, pattern: /^[A-Za-z0-9.:_[\]-]+$/, is: 'a host' })),
  method: preset(oneOf(['GET', 'HEAD', 'OPTIONS', 'POST']), 'GET'),
  statuses: preset(
    list(
      object<{ from: number; to: number }>(
        { from: required(status), to: required(status) },
        {
          also: ({ from, to }, path, problems) => {
            if (to < from) problems.add(`${path}.to`, `must be at least from (${from}); got ${to}`);
          },
        },
      ),
      { min: 1, max: 16 },
    ),
    // As Kubernetes' probes.
    [{ from: 200, to: 399 }],
  ),
  body: optional(words),
});

export const healthCheck: Schema<HealthCheck> = object<HealthCheck>(
  {
    http: optional(http),
    tcp: optional(object<TcpCheck>({ send: optional(words), expect: optional(words) })),
    grpc: optional(object<GrpcCheck>({ service: preset(text({ max: 253 }), '') })),
    interval: preset(duration(100, 24 * 3_600_000), '10s'),
    timeout: preset(duration(1, 3_600_000), '1s'),
    unhealthyThreshold: preset(integer(1, 100), 3),
    healthyThreshold: preset(integer(1, 100), 2),
  },
  {
    later: ['command', 'redis'],
    also: ({ grpc, http, tcp }, path, problems) => {
      const given = [http, tcp, grpc].filter((each) => each !== undefined).length;
      if (given !== 1) problems.add(path, `must have exactly one of http, tcp and grpc; got ${given}`);
    },
  },
);
