import { createHash } from 'node:crypto';
import { encode } from '../../shared/xds/codec.ts';
import type { Messages } from '../../shared/xds/messages.gen.ts';
import { nameOf } from '../../shared/xds/type-url.ts';
import type { Draft } from '../translate/message.ts';
import type { Resource } from './resource.ts';

/** A draft that is encoded when somebody first wants it: most nodes ask for few of all resources. */
export class Encoded implements Resource {
  readonly type: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly expiresAt?: number;
  #message: object | undefined;
  #bytes: Buffer | undefined;
  #version: string | undefined;

  constructor({ type, name, aliases, message, expiresAt }: Draft) {
    this.type = type;
    this.name = name;
    this.aliases = aliases;
    this.#message = message;
    if (expiresAt !== undefined) this.expiresAt = expiresAt;
  }

  get isEncoded(): boolean {
    return this.#bytes !== undefined;
  }

  get bytes(): Buffer {
    if (!this.#bytes) {
      this.#bytes = encode(nameOf(this.type) as keyof Messages, this.#message ?? {});
      this.#message = undefined;
    }
    return this.#bytes;
  }

  /** Of the content, and of the moment when it ends: a renewed lease is sent again, the time that is left is not part of it. */
  get version(): string {
    this.#version ??= createHash('sha256')
      .update(this.bytes)
      .update(String(this.expiresAt ?? ''))
      .digest('hex')
      .slice(0, 16);
    return this.#version;
  }
}
