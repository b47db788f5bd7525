import { typeOf } from '../../shared/xds/codec.ts';
import type { Any } from '../../shared/xds/messages.gen.ts';
import type { Place } from './place.ts';

/** Refuses every transport socket but the plain one. */
export function checkPlain(socket: { name?: string; typed_config?: Any } | undefined, place: Place): void {
  const type = socket?.typed_config && typeOf(socket.typed_config);
  if (socket && type !== 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer') place.refuse(type);
}
