import type { HttpManagerPlan } from './http-manager.ts';
import type { TcpProxyPlan } from './tcp-proxy.ts';
import type { ServerTlsPlan } from './tls.ts';

export interface ListenerPlan {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly direction: 'inbound' | 'outbound' | 'unspecified';
  readonly chains: readonly FilterChainPlan[];
  /** For connections that no chain matches; null = they are closed. */
  readonly defaultChain: FilterChainPlan | null;
  readonly sniff: SniffPlan;
}

/** What is done with a connection: one network filter, and which connections are meant. */
export interface FilterChainPlan {
  /** '' when unnamed. */
  readonly name: string;
  readonly match: ChainMatchPlan;
  /** Null = bytes come as they are. */
  readonly tls: ServerTlsPlan | null;
  readonly filter:
    | { readonly kind: 'http'; readonly http: HttpManagerPlan }
    | { readonly kind: 'tcp'; readonly tcp: TcpProxyPlan };
}

/** Empty conditions match every connection; which of several chains wins is Envoy's order, see listener/chain-index.ts. */
export interface ChainMatchPlan {
  /** 0 = any. */
  readonly destinationPort: number;
  /** Lower case, exact or `*.suffix`. */
  readonly serverNames: readonly string[];
  readonly transportProtocol: '' | 'raw_buffer' | 'tls';
  /** ALPN of TLS, or what plain bytes look like: http/1.0, http/1.1, h2c. */
  readonly applicationProtocols: readonly string[];
}

/** What of the first bytes must be known before a chain can be chosen; all off = the chain is known at once. */
export interface SniffPlan {
  readonly tls: boolean;
  readonly http: boolean;
  /** How long the client may stay silent, or its first bytes unclear; 0 = for ever. */
  readonly timeout: number;
  /** After that time: go on with what is known, or close. */
  readonly continueOnTimeout: boolean;
}
