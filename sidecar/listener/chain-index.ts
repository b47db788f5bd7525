import type { ChainMatchPlan } from '../core/plan/listener.ts';

/** What is known of a connection when its chain is chosen. */
export interface Sniffed {
  readonly transport: 'raw_buffer' | 'tls';
  /** Lower case, '' = none. */
  readonly serverName: string;
  /** ALPN, or what plain bytes look like. */
  readonly protocols: readonly string[];
}

export const NOTHING_KNOWN: Sniffed = { transport: 'raw_buffer', serverName: '', protocols: [] };

/**
 * Chooses a filter chain as Envoy does: by destination port, server name, transport protocol and application protocols, in
 * this order. On each level the chains with the most specific condition that matches go on, else those without one; what
 * was left behind on one level is not taken up again. Source: Envoy, "FilterChainMatch".
 */
export class ChainIndex<C extends { readonly match: ChainMatchPlan }> {
  readonly #chains: readonly C[];
  readonly #fallback: C | null;

  constructor(chains: readonly C[], fallback: C | null) {
    this.#chains = chains;
    this.#fallback = fallback;
  }

  /** Null: nothing matches, and there is no default chain. */
  find(port: number, { serverName, transport, protocols }: Sniffed): C | null {
    let left = narrowed(
      this.#chains,
      ({ match }) => match.destinationPort === port,
      ({ match }) => match.destinationPort === 0,
    );
    left = byServerName(left, serverName);
    left = narrowed(
      left,
      ({ match }) => match.transportProtocol === transport,
      ({ match }) => match.transportProtocol === '',
    );
    for (const protocol of protocols) {
      const chosen = left.find(({ match }) => match.applicationProtocols.includes(protocol));
      if (chosen) return chosen;
    }
    return left.find(({ match }) => match.applicationProtocols.length === 0) ?? this.#fallback;
  }
}

function narrowed<C>(chains: readonly C[], fits: (chain: C) => boolean, any: (chain: C) => boolean): readonly C[] {
  const chosen = chains.filter(fits);
  return chosen.length > 0 ? chosen : chains.filter(any);
}

/** The name itself, then the longest `*.suffix` of it, then chains without names. */
function byServerName<C extends { readonly match: ChainMatchPlan }>(chains: readonly C[], name: string): readonly C[] {
  for (let pattern = name, at = -1; pattern !== ''; ) {
    const wanted = pattern;
    const chosen = chains.filter(({ match }) => match.serverNames.includes(wanted));
    if (chosen.length > 0) return chosen;
    at = name.indexOf('.', at + 1);
    pattern = at < 0 ? '' : `*${name.slice(at)}`;
  }
  return chains.filter(({ match }) => match.serverNames.length === 0);
}
