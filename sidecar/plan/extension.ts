import { decode, typeOf } from '../../shared/xds/codec.ts';
import type { Any, Messages } from '../../shared/xds/messages.gen.ts';
import type { Place } from './place.ts';

/** The message in an extension point's `typed_config` when it is a `type`; otherwise undefined, with a problem noted. */
export function extensionOf<T extends keyof Messages>(
  type: T,
  config: Any | undefined,
  place: Place,
): Messages[T] | undefined {
  if (!config) return missing(place);
  const found = typeOf(config);
  if (found === type) return messageOf(type, config, place);
  place.unsupported(`${found || 'an empty Any'}, expected ${type}`);
  return undefined;
}

/** The message in `config`, which the caller knows to be a `type`. */
export function messageOf<T extends keyof Messages>(type: T, config: Any, place: Place): Messages[T] | undefined {
  try {
    return decode(type, config.value ?? new Uint8Array());
  } catch {
    place.wrong(`the bytes are no ${type}`);
    return undefined;
  }
}

function missing(place: Place): undefined {
  place.wrong('is required');
  return undefined;
}
