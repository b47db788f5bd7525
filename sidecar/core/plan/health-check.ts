import type { ClientTlsPlan } from './tls.ts';

/** Active health checking of a cluster's endpoints, with Envoy's defaults filled in. All times in ms. */
export interface HealthCheckPlan {
  readonly timeout: number;
  readonly interval: number;
  /** The first check of an endpoint waits a random part of this. */
  readonly initialJitter: number;
  /** Every later one waits a random part of this longer, and a random part of so many percent of its interval. */
  readonly intervalJitter: number;
  readonly intervalJitterPercent: number;
  readonly unhealthyThreshold: number;
  readonly healthyThreshold: number;
  /** While the cluster never had a request: after a failed check, and after a passed one. */
  readonly noTrafficInterval: number;
  readonly noTrafficHealthyInterval: number;
  /** After a failed check; and while an endpoint is on its way to unhealthy, or back to healthy. */
  readonly unhealthyInterval: number;
  readonly unhealthyEdgeInterval: number;
  readonly healthyEdgeInterval: number;
  /** Connections stay open between checks, for HTTP and gRPC. */
  readonly reuseConnection: boolean;
  /** Tell every failed or passed check, not only those that change something. */
  readonly logFailures: boolean;
  readonly logSuccesses: boolean;
  readonly probe: ProbePlan;
  /** That of the cluster; null = plain. */
  readonly tls: ClientTlsPlan | null;
}

export type ProbePlan = HttpProbePlan | TcpProbePlan | GrpcProbePlan | CommandProbePlan;

export interface HttpProbePlan {
  readonly kind: 'http';
  /** By HTTP/2 with prior knowledge; else by HTTP/1.1. */
  readonly http2: boolean;
  /** '' = the endpoint's hostname, or else the name of the cluster. */
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Names, lower case, of headers that would be sent otherwise. */
  readonly remove: readonly string[];
  readonly expected: readonly StatusRange[];
  /** Failures that count towards the threshold; others are final at once. */
  readonly retriable: readonly StatusRange[];
  /** To be found in the body in this order; hexadecimal. */
  readonly receive: readonly string[];
  /** Bytes of the body that are looked at, 0 = all. */
  readonly responseBuffer: number;
}

/** From `start` to `end` - 1. */
export interface StatusRange {
  readonly start: number;
  readonly end: number;
}

export interface TcpProbePlan {
  readonly kind: 'tcp';
  /** Hexadecimal; '' = nothing. */
  readonly send: string;
  readonly receive: readonly string[];
}

export interface GrpcProbePlan {
  readonly kind: 'grpc';
  readonly service: string;
  /** '' = the endpoint's hostname, or else the name of the cluster. */
  readonly authority: string;
  readonly metadata: readonly (readonly [name: string, value: string])[];
}

export interface CommandProbePlan {
  readonly kind: 'command';
  /** The program and its arguments. */
  readonly command: readonly string[];
}

/** Where an endpoint is checked, if not as it is called. */
export interface EndpointCheckPlan {
  /** 0 = the port that it is called on. */
  readonly port: number;
  readonly hostname: string;
  /** It is not checked, and counts as healthy. */
  readonly disabled: boolean;
}
