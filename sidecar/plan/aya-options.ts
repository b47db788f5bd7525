import { typeOf } from '../../shared/xds/codec.ts';
import type { Messages, Metadata } from '../../shared/xds/messages.gen.ts';
import { messageOf } from './extension.ts';
import type { Place } from './place.ts';

/** Under which Aya's additions to a standard message travel (decision D20). Envoy ignores them. */
const AYA_METADATA = 'aya.dev';

/**
 * The `type` among a message's metadata. Other metadata is for other readers: without subsets and metadata matchers it
 * has no meaning here.
 */
export function ayaOptions<T extends 'aya.v1.ClusterOptions' | 'aya.v1.RouteOptions'>(
  type: T,
  metadata: Metadata | undefined,
  place: Place,
): Messages[T] | undefined {
  const config = metadata?.typed_filter_metadata[AYA_METADATA];
  if (!config) return undefined;
  const at = ayaPlace(place);
  if (typeOf(config) === type) return messageOf(type, config, at);
  at.unsupported(`${typeOf(config)}, expected ${type}`);
  return undefined;
}

/** Where they stand in a message at `place`. */
export function ayaPlace(place: Place): Place {
  return place.at('metadata').key('typed_filter_metadata', AYA_METADATA);
}
