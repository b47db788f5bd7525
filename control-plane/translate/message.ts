import type { Input } from '../../shared/xds/canonical.ts';
import { pack } from '../../shared/xds/codec.ts';
import type { Any, Messages } from '../../shared/xds/messages.gen.ts';

/** A message that is being built: everything optional, at every depth. */
export type Message<T extends keyof Messages> = Input<Messages[T]>;

/** One resource of a translation, not encoded yet. */
export interface Draft {
  /** Type URL. */
  readonly type: string;
  readonly name: string;
  /** Other names under which clients may ask for it. */
  readonly aliases: readonly string[];
  readonly message: object;
  /** Wall-clock milliseconds when it ends by itself. */
  readonly expiresAt?: number;
}

/** "Ask on the stream that brought this": the only source that every kind of client knows. */
export const ads = { ads: {}, resource_api_version: 'V3' } as const;

/** The key under which Aya's own options travel in `Metadata.typed_filter_metadata`. */
export const ownMetadata = 'aya.dev';

/** An extension by its type, named by the last part of it unless the client wants another name. */
export function extension<T extends keyof Messages>(
  type: T,
  message: Message<T>,
  name = type.slice(type.lastIndexOf('.') + 1),
): { name: string; typed_config: Required<Any> } {
  return { name, typed_config: pack(type, message) };
}
