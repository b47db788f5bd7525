import { H, type HeaderList } from '../../core/headers.ts';
import type { FieldSection } from './field-section.ts';
import { isToken } from './framing.ts';
import { elements } from './list.ts';

/** Options of a Connection header, as bits. */
export const CLOSE = 1;
export const KEEP_ALIVE = 2;
/** It names header fields that end here, too. */
export const NAMES = 4;
export const MALFORMED = 8;

const CONNECTION = 1 << H.connection;
const MAX_OPTIONS = 32;

/** The options of the Connection headers of a section, RFC 9110 7.6.1; 0 when there are none. */
export function connectionOptions(section: FieldSection, buffer: Buffer, base: number): number {
  if ((section.known & CONNECTION) === 0) return 0;
  if ((section.twice & CONNECTION) === 0) {
    const at = section.where[H.connection] as number;
    const start = base + (section.spans[at + 2] as number);
    const length = base + (section.spans[at + 3] as number) - start;
    if (length === 10 && is(buffer, start, 'keep-alive')) return KEEP_ALIVE;
    if (length === 5 && is(buffer, start, 'close')) return CLOSE;
  }
  let options = 0;
  const all = elements(section.valueOf(H.connection, buffer, base));
  if (all.length > MAX_OPTIONS) return MALFORMED;
  for (const option of all) {
    if (option === 'close') options |= CLOSE;
    else if (option === 'keep-alive') options |= KEEP_ALIVE;
    else if (isToken(option)) options |= NAMES;
    else if (option !== '') return MALFORMED;
  }
  return options;
}

/** Removes the fields that the Connection value names. Those that the codec took out itself are gone already. */
export function removeNamed(headers: HeaderList, connection: string): void {
  for (const name of elements(connection)) {
    if (name !== '' && name !== 'close' && name !== 'keep-alive' && name !== 'te') headers.remove(name);
  }
}

/**
 * Leaves `TE: trailers` (RFC 9110 10.1.4), the one transfer coding wish that a hop may pass on, and drops all others.
 * Needs a section that has TE.
 */
export function keepTrailersWish(section: FieldSection, buffer: Buffer, base: number): boolean {
  const value = section.valueOf(H.te, buffer, base).toLowerCase();
  if (value === 'trailers') return false;
  section.drop(1 << H.te);
  return elements(value).includes('trailers');
}

function is(buffer: Buffer, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    if (((buffer[start + at] as number) | 0x20) !== text.charCodeAt(at)) return false;
  }
  return true;
}
