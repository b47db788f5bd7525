import type { AccessLogPlan } from './access-log.ts';
import type { BufferPlan } from './buffer.ts';
import type { HttpFaultPlan } from './fault.ts';
import type { AdaptiveConcurrencyPlan, AdmissionControlPlan } from './overload.ts';

/** One HTTP connection manager. Source of names and defaults: Envoy's http_connection_manager.proto. */
export interface HttpManagerPlan {
  readonly statPrefix: string;
  /** Key of the RouteConfigPlan; an inline route_config is put under its own name. */
  readonly routeConfig: string;
  readonly filters: readonly HttpFilterPlan[];
  readonly accessLogs: readonly AccessLogPlan[];
  readonly useRemoteAddress: boolean;
  readonly xffTrustedHops: number;
  readonly generateRequestId: boolean;
  readonly preserveExternalRequestId: boolean;
  /** '' = no Via header. */
  readonly via: string;
  /** '' = leave the upstream's Server header; local replies then say `aya`. */
  readonly serverName: string;
  readonly stripPort: 'none' | 'any' | 'matching';
  readonly acceptHttp10: boolean;
  /** Protocols that requests may switch to, lower case, unless their route says otherwise. */
  readonly upgrades: readonly string[];
  /** CONNECT is routed like other requests, and not refused by the codec. */
  readonly connect: boolean;
  /** `auto`: HTTP/2 where a connection begins with its preface, else HTTP/1.1. */
  readonly codec: 'auto' | 'http1' | 'http2';
  readonly http2: Http2Plan;
  readonly maxHeadBytes: number;
  readonly maxHeaders: number;
  /** From the first byte of a head to its end. */
  readonly headersTimeout: number;
  /** From the head to the last byte of the request. */
  readonly requestTimeout: number;
  readonly streamIdleTimeout: number;
  /** Connection without any request. */
  readonly idleTimeout: number;
  readonly maxConnectionDuration: number;
  /** 0 = no limit. */
  readonly maxRequestsPerConnection: number;
  readonly drainTimeout: number;
}

/** What is announced to clients of HTTP/2; windows in bytes. */
export interface Http2Plan {
  readonly maxConcurrentStreams: number;
  readonly streamWindow: number;
  readonly connectionWindow: number;
  /** Of each HPACK table, bytes. */
  readonly tableBytes: number;
  /** Extended CONNECT (RFC 8441) is announced whatever may be switched to. */
  readonly extendedConnect: boolean;
}

export type HttpFilterPlan =
  | { readonly kind: 'buffer'; readonly name: string; readonly buffer: BufferPlan }
  /** `disabled`: unless a route or virtual host enables it. */
  | { readonly kind: 'grpc-web'; readonly name: string; readonly disabled: boolean }
  | { readonly kind: 'fault'; readonly name: string; readonly fault: HttpFaultPlan }
  | { readonly kind: 'adaptive-concurrency'; readonly name: string; readonly concurrency: AdaptiveConcurrencyPlan }
  | { readonly kind: 'admission-control'; readonly name: string; readonly admission: AdmissionControlPlan };
