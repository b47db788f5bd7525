import { pack } from '../../shared/xds/codec.ts';
import { attachedTo } from '../model/route-conflicts.ts';
import type { ServicePort } from '../model/service.ts';
import type { Caller } from './caller.ts';
import type { ServiceEntry } from './catalog.ts';
import { bridgesGrpcWeb } from './levels.ts';
import { extension, type Message } from './message.ts';
import { protocolOf } from './protocol.ts';

const name = 'envoy.filters.http.grpc_web';

/** In every outbound chain, for the virtual hosts that enable it: other services may speak gRPC-Web themselves. */
export const grpcWebFilter = {
  ...extension('envoy.extensions.filters.http.grpc_web.v3.GrpcWeb', {}, name),
  disabled: true,
};

/** Envoy: a config that is there and empty enables the filter. */
const enabled = pack('envoy.config.route.v3.FilterConfig', { config: {} });

/** Clients may call a port by gRPC-Web when it is known to speak gRPC. */
export function grpcWebOf(
  entry: ServiceEntry,
  port: ServicePort,
  caller: Caller,
): Message<'envoy.config.route.v3.VirtualHost'> {
  if (!bridgesGrpcWeb(caller) || protocolOf(port) !== 'http2' || !speaksGrpc(entry, port)) return {};
  return { typed_per_filter_config: { [name]: enabled } };
}

/** It says so, or a GRPCRoute does. */
function speaksGrpc(entry: ServiceEntry, port: ServicePort): boolean {
  const said = port.appProtocol ?? (/^grpc(-|$)(?!web(-|$))/.test(port.name ?? '') ? 'grpc' : '');
  return (
    said === 'grpc' || entry.routes.some((each) => each.kind === 'GRPCRoute' && attachedTo(each, entry.key, port.port))
  );
}
