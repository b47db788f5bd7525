import { isIP } from 'node:net';
import { typeOf } from '../../shared/xds/codec.ts';
import type { Any, Duration } from '../../shared/xds/messages.gen.ts';
import type { ClientTlsPlan, ServerTlsPlan } from '../core/plan/tls.ts';
import { messageOf } from './extension.ts';
import type { Place } from './place.ts';
import { commonTls, identified, ticketKeysOf } from './tls-context.ts';
import { booleanOf, durationOf, numberOf } from './value.ts';

interface TransportSocket {
  name?: string;
  typed_config?: Any;
}

const plain = 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer';
const server = 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';
const client = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';

/** Where Envoy waits for ever: a client that does not say hello is not there. */
const handshakeTimeout = 15_000;

/** TLS towards the clients of a filter chain; null = plain, or refused. */
export function serverTls(
  socket: TransportSocket | undefined,
  timeout: Duration | undefined,
  place: Place,
): ServerTlsPlan | null {
  const at = place.at('transport_socket');
  const config = tlsConfig(socket, server, at);
  if (!config) return null;
  const noted = at.findings.wrong.length;
  const here = at.at('typed_config');
  const message = messageOf(server, config, here);
  if (!message) return null;
  here.only(message, ['common_tls_context', 'require_client_certificate']);
  const common = commonTls(message.common_tls_context, here.at('common_tls_context'));
  at.insist();
  if (common.certificates.length === 0 && at.findings.wrong.length === noted) {
    here.at('common_tls_context').at('tls_certificates').wrong('one is required');
  }
  const plan = identified(
    {
      ...common,
      requireClientCertificate: booleanOf(message.require_client_certificate, false),
      handshakeTimeout: durationOf(timeout, handshakeTimeout, place.at('transport_socket_connect_timeout')),
      ticketKeys: '',
    },
    noted,
    here,
  );
  return plan ? { ...plan, ticketKeys: ticketKeysOf(plan.id) } : null;
}

/** TLS towards the endpoints of a cluster; null = plain, or refused. */
export function clientTls(socket: TransportSocket | undefined, place: Place): ClientTlsPlan | null {
  const at = place.at('transport_socket');
  const config = tlsConfig(socket, client, at);
  if (!config) return null;
  const noted = at.findings.wrong.length;
  const here = at.at('typed_config');
  const message = messageOf(client, config, here);
  if (!message) return null;
  here.only(message, ['common_tls_context', 'sni', 'max_session_keys']);
  const common = commonTls(message.common_tls_context, here.at('common_tls_context'));
  if (common.certificates.length > 1) here.at('common_tls_context').index('tls_certificates', 1).refuse('one at most');
  const serverName = message.sni ?? '';
  // RFC 6066 3: an address is none.
  if (!/^[\x21-\x7e]{0,255}$/.test(serverName) || isIP(serverName) !== 0) {
    here.at('sni').wrong(`"${serverName}" is no server name`);
  }
  at.insist();
  return identified({ ...common, serverName, maxSessions: numberOf(message.max_session_keys, 1) }, noted, here) ?? null;
}

/** Whether it is TLS towards endpoints, well configured or not. */
export function isTls(socket: TransportSocket | undefined): boolean {
  return socket?.typed_config !== undefined && typeOf(socket.typed_config) === client;
}

/** The bytes of a TLS context of that type; undefined for plain text, and for what is refused. */
function tlsConfig(socket: TransportSocket | undefined, type: string, place: Place): Any | undefined {
  if (!socket) return undefined;
  const found = socket.typed_config && typeOf(socket.typed_config);
  if (found === type) return socket.typed_config;
  if (found !== plain) place.refuse(found);
  return undefined;
}
