import { KNOWN_NAMES } from '../../core/header-name.data.ts';
import { H } from '../../core/headers.ts';
import { FIELD, TARGET, TOKEN } from '../http1/bytes.ts';
import { latin1 } from '../latin1.ts';

/**
 * What a field is, as one number that stays with it in the HPACK tables, so that a field is looked at once and not once per
 * message: the id of a known name (0 = unknown), or a pseudo-header, plus bits for what is wrong with it.
 */
export const PSEUDO = 32;
export const P_METHOD = PSEUDO + 0;
export const P_SCHEME = PSEUDO + 1;
export const P_AUTHORITY = PSEUDO + 2;
export const P_PATH = PSEUDO + 3;
export const P_STATUS = PSEUDO + 4;
export const P_PROTOCOL = PSEUDO + 5;
/** A name that begins with a colon and that nobody knows. */
const P_UNKNOWN = PSEUDO + 6;
/** The name breaks RFC 9113 8.2.1. */
export const BAD_NAME = 64;
/** The value breaks RFC 9113 8.2.1, or the grammar of its pseudo-header. */
export const BAD_VALUE = 128;
export const BAD = BAD_NAME | BAD_VALUE;

/** Fields of one connection: a message that has one is malformed (RFC 9113 8.2.2). */
export const CONNECTION_FIELDS =
  (1 << H.connection) |
  (1 << H['transfer-encoding']) |
  (1 << H['keep-alive']) |
  (1 << H['proxy-connection']) |
  (1 << H.upgrade);

/** A name as the tables share it: one string for all, and what it is. */
export interface FieldName {
  readonly name: string;
  readonly kind: number;
}

const names = new Map<string, FieldName>();
for (let id = 1; id < KNOWN_NAMES.length; id += 1) {
  const name = KNOWN_NAMES[id] as string;
  names.set(name, { name, kind: id });
}
[':method', ':scheme', ':authority', ':path', ':status', ':protocol'].forEach((name, at) => {
  names.set(name, { name, kind: PSEUDO + at });
});

/** What stands behind a name that is not known: nothing is remembered of names that peers make up. */
const unknown: { name: string; kind: number } = { name: '', kind: 0 };

/** The name in `bytes[from, to)`. The answer holds until the next call. */
export function fieldName(bytes: Buffer, from: number, to: number): FieldName {
  const name = latin1(bytes, from, to);
  const known = names.get(name);
  if (known !== undefined) return known;
  unknown.name = name;
  unknown.kind = 0;
  if (from === to) unknown.kind = BAD_NAME;
  else if (bytes[from] === 0x3a) unknown.kind = P_UNKNOWN;
  else {
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] as number;
      if (TOKEN[byte] !== 1 || (byte >= 0x41 && byte <= 0x5a)) unknown.kind = BAD_NAME;
    }
  }
  return unknown;
}

/** Kind of a name known beforehand (static table, and what we write ourselves). */
export function kindOfName(name: string): number {
  return names.get(name)?.kind ?? 0;
}

/** `kind` of a name, with what its value in `bytes[from, to)` adds. */
export function kindWithValue(kind: number, bytes: Uint8Array, from: number, to: number): number {
  if (kind >= PSEUDO && kind < BAD_NAME) return pseudoIsValid(kind, bytes, from, to) ? kind : kind | BAD_VALUE;
  if (from === to) return kind;
  if (isBlank(bytes[from] as number) || isBlank(bytes[to - 1] as number)) return kind | BAD_VALUE;
  for (let at = from; at < to; at += 1) if (FIELD[bytes[at] as number] !== 1) return kind | BAD_VALUE;
  return kind;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}

function pseudoIsValid(kind: number, bytes: Uint8Array, from: number, to: number): boolean {
  // An empty value is none of these; the authority is parsed where the message is put together.
  if (from === to) return kind === P_AUTHORITY;
  const allowed = kind === P_PATH || kind === P_AUTHORITY ? TARGET : TOKEN;
  for (let at = from; at < to; at += 1) if (allowed[bytes[at] as number] !== 1) return false;
  if (kind !== P_PATH) return true;
  return bytes[from] === 0x2f || (bytes[from] === 0x2a && to - from === 1);
}
