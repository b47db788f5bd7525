import { canonical, type Input } from './canonical.ts';
import type { Any, Messages } from './messages.gen.ts';
import { nameOf, urlOf } from './type-url.ts';
import { readMessage } from './wire-reader.ts';
import { writeMessage } from './wire-writer.ts';

type Type = keyof Messages;

/** The wire bytes of `message`. Equal messages give equal bytes. Throws on a name the type does not have: a bug. */
export function encode<T extends Type>(type: T, message: Input<Messages[T]>): Buffer {
  return writeMessage(type, canonical(type, message));
}

/**
 * The message in `bytes`: unset singular fields are absent, so are scalars at their default; repeated fields and maps are
 * always there, and so is all of a duration, wrapper or Any that is set. What Aya does not know is dropped, so `scan`
 * (strict.ts) comes first where bytes are not ours. `bytes` fields are views of `bytes`. Throws on bytes that are no
 * message.
 */
export function decode<T extends Type>(type: T, bytes: Uint8Array): Messages[T] {
  return readMessage(type, bytes) as unknown as Messages[T];
}

/** `message` with its type, as resources and extensions travel. */
export function pack<T extends Type>(type: T, message: Input<Messages[T]>): Any {
  return { type_url: urlOf(type), value: encode(type, message) };
}

/** The message in `any`, which must hold a `type` (see `typeOf`): throws otherwise. */
export function unpack<T extends Type>(type: T, any: Any): Messages[T] {
  if (typeOf(any) !== type) throw new TypeError(`expected ${type}, got ${typeOf(any) || 'an empty Any'}`);
  return decode(type, any.value);
}

/** The full name of the type in `any`; empty when there is none. */
export function typeOf(any: Any): string {
  return nameOf(any.type_url);
}
