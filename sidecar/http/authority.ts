import type { Exchange } from '../core/exchange.ts';
import { withoutPort } from '../route/host-index.ts';

/** Takes the port off the host before anybody looks at it (Envoy's strip_any_host_port, strip_matching_host_port). */
export function stripPort(x: Exchange, which: 'any' | 'matching'): void {
  const host = withoutPort(x.authority);
  if (host === x.authority) return;
  if (which === 'any' || x.authority.slice(host.length + 1) === String(x.stream.peer.localPort)) x.authority = host;
}
