import { latin1 } from '../latin1.ts';

const CELLS = 512;
/** Longer values are seldom the same as before. */
const MAX_BYTES = 48;

/**
 * Strings of field values that came lately, so that a peer that repeats its literals instead of indexing them (many do)
 * costs no new string each time, and the string keeps its hash for our own encoder. Never more than CELLS short strings.
 */
export class FieldText {
  readonly #cells: string[] = new Array<string>(CELLS).fill('');

  /** `bytes[from, to)` as text. */
  of(bytes: Buffer, from: number, to: number): string {
    const length = to - from;
    if (length > MAX_BYTES) return latin1(bytes, from, to);
    if (length === 0) return '';
    const first = bytes[from] as number;
    const middle = bytes[from + (length >> 1)] as number;
    const last = bytes[to - 1] as number;
    const cell = (length * 37 + first * 5 + middle * 11 + last * 3) & (CELLS - 1);
    const text = this.#cells[cell] as string;
    if (text.length === length && same(text, bytes, from)) return text;
    const fresh = latin1(bytes, from, to);
    this.#cells[cell] = fresh;
    return fresh;
  }
}

/** From the end: values that change often differ there. */
function same(text: string, bytes: Buffer, from: number): boolean {
  for (let at = text.length - 1; at >= 0; at -= 1) if (text.charCodeAt(at) !== bytes[from + at]) return false;
  return true;
}
