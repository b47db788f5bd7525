import type { AccessLogPlan } from './access-log.ts';

/** One TCP proxy. Source of names and defaults: Envoy's tcp_proxy.proto. */
export interface TcpProxyPlan {
  readonly statPrefix: string;
  /** One entry of weight 1 for a plain `cluster`. */
  readonly clusters: readonly { readonly name: string; readonly weight: number }[];
  /** No byte in either direction; 0 = never. */
  readonly idleTimeout: number;
  /** Attempts to connect, the first included. */
  readonly maxConnectAttempts: number;
  readonly accessLogs: readonly AccessLogPlan[];
}
