import { H } from '../../core/headers.ts';
import { NINE, TOKEN, ZERO } from './bytes.ts';
import type { FieldSection } from './field-section.ts';
import { elements, withoutBlanks } from './list.ts';
import { REFUSAL, type Refusal } from './refusal.ts';

/** Body lengths that are no number of bytes. */
export const CHUNKED = -1;
export const UNKNOWN = -2;
const INVALID = -3;

const CONTENT_LENGTH = 1 << H['content-length'];
const TRANSFER_ENCODING = 1 << H['transfer-encoding'];
/** 15 digits stay below 2^53. Leading zeros are allowed by the grammar, so more digits would not mean more bytes. */
const MAX_DIGITS = 15;

/**
 * Body length by the fields of a head, RFC 9112 6.3: a number of bytes, CHUNKED, or UNKNOWN when the head says nothing.
 * Stricter than the RFC allows where two readers could disagree: both fields, or either of them twice, are refused, in
 * responses too. `section.refusal` is set when the head is refused.
 */
export function bodyLength(section: FieldSection, buffer: Buffer, base: number, version: number): number {
  const { known } = section;
  if ((known & (CONTENT_LENGTH | TRANSFER_ENCODING)) === 0) return UNKNOWN;
  if ((known & TRANSFER_ENCODING) === 0) {
    if ((section.twice & CONTENT_LENGTH) !== 0) return refuse(section, REFUSAL.lengths);
    const at = section.where[H['content-length']] as number;
    const start = base + (section.spans[at + 2] as number);
    const length = contentLength(buffer, start, base + (section.spans[at + 3] as number));
    return length === INVALID ? refuse(section, REFUSAL.length) : length;
  }
  if ((known & CONTENT_LENGTH) !== 0) return refuse(section, REFUSAL.lengthAndCoding);
  if (version < 11) return refuse(section, REFUSAL.coding10);
  const refusal = codingProblem(section.valueOf(H['transfer-encoding'], buffer, base));
  return refusal ? refuse(section, refusal) : CHUNKED;
}

function refuse(section: FieldSection, refusal: Refusal): number {
  section.refusal = refusal;
  return UNKNOWN;
}

function contentLength(buffer: Buffer, start: number, end: number): number {
  if (end === start || end - start > MAX_DIGITS) return INVALID;
  let length = 0;
  for (let at = start; at < end; at += 1) {
    const byte = buffer[at] as number;
    if (byte < ZERO || byte > NINE) return INVALID;
    length = length * 10 + (byte - ZERO);
  }
  return length;
}

/** Why a Transfer-Encoding is refused; null for exactly one `chunked`, the only coding that a recipient must know. */
function codingProblem(value: string): Refusal | null {
  if (value.length === 7 && value.toLowerCase() === 'chunked') return null;
  const names: string[] = [];
  for (const each of elements(value)) {
    const semicolon = each.indexOf(';');
    const name = semicolon < 0 ? each : withoutBlanks(each.slice(0, semicolon));
    if (!isToken(name) || (name === 'chunked' && semicolon >= 0)) return REFUSAL.codingSyntax;
    names.push(name);
  }
  // More than one chunked, or chunked before another coding: the length cannot be told (RFC 9112 6.3).
  const first = names.indexOf('chunked');
  if (first >= 0 && first < names.length - 1) return REFUSAL.codingSyntax;
  return REFUSAL.codingUnknown;
}

export function isToken(text: string): boolean {
  if (text === '') return false;
  for (let at = 0; at < text.length; at += 1) if (TOKEN[text.charCodeAt(at)] !== 1) return false;
  return true;
}
