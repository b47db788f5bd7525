import type { Exchange } from '../core/exchange.ts';
import type { HttpManagerPlan } from '../core/plan/http-manager.ts';

/** What says whom to believe about where a request came from. */
export type Trust = Pick<HttpManagerPlan, 'useRemoteAddress' | 'xffTrustedHops'>;

/**
 * The address of the client as far as those before us can be believed, without the port: the peer's when it is the client,
 * else what stands in x-forwarded-for before the trusted hops. Called when our own entry is in that header already. Source:
 * Envoy, "x-forwarded-for", use_remote_address and xff_num_trusted_hops.
 */
export function clientAddress(x: Exchange, { useRemoteAddress, xffTrustedHops }: Trust): string {
  const peer = x.stream.peer.remoteAddress;
  if (useRemoteAddress && xffTrustedHops === 0) return peer;
  const forwarded = x.headers.joined('x-forwarded-for');
  if (forwarded === undefined) return peer;
  const hops = forwarded.split(',');
  return hops[hops.length - 1 - xffTrustedHops]?.trim() || peer;
}
