import type { Exchange } from '../core/exchange.ts';
import type { LocalReply } from '../core/filter.ts';
import type { ClusterPlan } from '../core/plan/cluster.ts';
import type { HttpManagerPlan } from '../core/plan/http-manager.ts';
import type { Pool, StreamSource } from '../core/pool.ts';
import type { Turn } from '../core/turn.ts';
import type { RouteEntry } from '../route/table.ts';
import { RawStreams } from '../upstream/raw-stream.ts';

const CONNECT_REFUSED: LocalReply = Object.freeze({
  status: 403,
  flags: 0,
  detail: 'CONNECT is not allowed to this destination',
});
const EXTENDED_REFUSED: LocalReply = Object.freeze({
  status: 501,
  flags: 0,
  detail: 'this protocol is not supported over HTTP/2 yet',
});

const TO_HTTP2_REFUSED: LocalReply = Object.freeze({
  status: 501,
  flags: 0,
  detail: 'this protocol is not supported towards HTTP/2 endpoints yet',
});

/**
 * Settles, once the route is known, whether the connection may switch to another protocol: by CONNECT where the route says so,
 * by Upgrade where the route or else the connection manager has it enabled (Envoy's upgrade_configs). An Upgrade that is not
 * enabled is not taken, as any server is free to (RFC 9110 7.8), and the request goes on as an ordinary one: `x.protocol` is
 * '' then. Answers what is to be refused, else null.
 */
export function settleSwitch(
  x: Exchange,
  entry: RouteEntry,
  manager: HttpManagerPlan,
  cluster: ClusterPlan,
): LocalReply | null {
  if (x.method === 'CONNECT') {
    if (x.protocol !== '') return EXTENDED_REFUSED;
    return entry.connects ? null : CONNECT_REFUSED;
  }
  if (x.protocol === '') return null;
  if (!(entry.upgrades?.get(x.protocol) ?? manager.upgrades.includes(x.protocol))) x.protocol = '';
  else if (cluster.protocol === 'http2' || cluster.protocol === 'auto') return TO_HTTP2_REFUSED;
  return null;
}

/** The response says that the connection was switched. */
export function isSwitch(x: Exchange, status: number): boolean {
  return status === 101 || (x.method === 'CONNECT' && status < 300);
}

/** Where an attempt on this route gets its stream: CONNECT wants a connection of its own, whatever the pool speaks. */
export function streamsOf(entry: RouteEntry, pool: Pool, turn: Turn): StreamSource {
  return entry.connects ? new RawStreams(pool, turn) : pool;
}
