import process from 'node:process';
import type { Random } from '../../shared/struct/random.ts';
import type { Exchange } from '../core/exchange.ts';
import type { LocalReply } from '../core/filter.ts';
import type { HeaderList } from '../core/headers.ts';
import type { HttpManagerPlan } from '../core/plan/http-manager.ts';
import type { Pool, StreamSource } from '../core/pool.ts';
import type { Turn } from '../core/turn.ts';
import type { RouteEntry } from '../route/table.ts';
import { RawStreams } from '../upstream/raw-stream.ts';

const KEY = 'sec-websocket-key';
const ACCEPT = 'sec-websocket-accept';
/** RFC 6455 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Exchanges that got their key from us. */
const keyed = new WeakSet<Exchange>();

const CONNECT_REFUSED: LocalReply = Object.freeze({
  status: 403,
  flags: 0,
  detail: 'CONNECT is not allowed to this destination',
});
const NOT_ENABLED: LocalReply = Object.freeze({
  status: 403,
  flags: 0,
  detail: 'this protocol is not enabled here',
});
const NOT_TAKEN: LocalReply = Object.freeze({
  status: 502,
  flags: 0,
  detail: 'the endpoint answered without switching to the protocol',
});

/**
 * Settles, once the route is known, whether the connection may switch to another protocol: by CONNECT where the route says so,
 * by Upgrade where the route or else the connection manager has it enabled (Envoy's upgrade_configs). An Upgrade that is not
 * enabled is not taken, as any server is free to (RFC 9110 7.8), and the request goes on as an ordinary one: `x.protocol` is
 * '' then. An extended CONNECT leaves no such choice. Answers what is to be refused, else null.
 */
export function settleSwitch(
  x: Exchange,
  entry: RouteEntry,
  manager: HttpManagerPlan,
  random: Random,
): LocalReply | null {
  if (x.method === 'CONNECT') return entry.connects ? null : CONNECT_REFUSED;
  if (x.protocol === '') return null;
  if (!(entry.upgrades?.get(x.protocol) ?? manager.upgrades.includes(x.protocol))) {
    if (x.version === 20) return NOT_ENABLED;
    x.protocol = '';
  } else if (x.protocol === 'websocket' && !x.headers.has(KEY)) {
    x.headers.add(KEY, keyOf(random));
    keyed.add(x);
  }
  return null;
}

/**
 * Makes the answer to an offer to switch what the client expects of its version of HTTP; a reply in its place when it can mean
 * nothing there: without 101 a 2xx would be taken for a switch by HTTP/2.
 */
export function settleAnswer(x: Exchange, status: number, headers: HeaderList): LocalReply | null {
  if (x.version === 20) {
    if (status >= 200 && status < 300) return NOT_TAKEN;
    // A hop of HTTP/1.1 before us may have sent a key, and gets its answer.
    if (keyed.has(x)) headers.remove(ACCEPT);
  } else if (status === 101 && x.protocol === 'websocket' && !headers.has(ACCEPT)) {
    // An endpoint of HTTP/2 has no handshake (RFC 8441 5.1), and the client waits for its end (RFC 6455 4.2.2).
    // Loaded by the first that needs it.
    const { createHash } = process.getBuiltinModule('node:crypto');
    const handshake = createHash('sha1').update(`${x.headers.get(KEY)}${GUID}`);
    headers.add(ACCEPT, handshake.digest('base64'));
  }
  return null;
}

/** Sixteen bytes of which nobody expects anything but that they differ (RFC 6455 4.1). */
function keyOf(random: Random): string {
  return Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256))).toString('base64');
}

/** The response says that the connection was switched. */
export function isSwitch(x: Exchange, status: number): boolean {
  return status === 101 || (x.method === 'CONNECT' && status < 300);
}

/** Where an attempt on this route gets its stream: CONNECT wants a connection of its own, whatever the pool speaks. */
export function streamsOf(entry: RouteEntry, pool: Pool, turn: Turn): StreamSource {
  return entry.connects ? new RawStreams(pool, turn) : pool;
}
