import { latin1 } from '../latin1.ts';
import { kindWithValue } from './field-kind.ts';
import { huffmanDecode, huffmanScratch } from './huffman.ts';

const CELLS = 512;
/** Longer values are seldom the same as before. */
const MAX_BYTES = 48;

/**
 * Field values that came lately, by the bytes that stood for them, so that a peer that repeats its literals instead of indexing them
 * (many do) costs no new string each time, is not decoded and looked through again, and the string keeps its hash for our own
 * encoder. Never more than CELLS short strings.
 */
export class FieldText {
  /** What `of` found out about its value: the kind of the name with what the value adds. */
  kind = 0;
  readonly #coded: string[] = new Array<string>(CELLS).fill('');
  readonly #texts: string[] = new Array<string>(CELLS).fill('');
  /** `kind` of the name and of both, and how it was coded, in one number; -1 = an empty cell. */
  readonly #kinds: number[] = new Array<number>(CELLS).fill(-1);
  /** Of the value that came for a cell last. */
  readonly #samples = new Int32Array(CELLS).fill(-1);

  /** The value in `bytes[from, to)` as text; null = not a valid Huffman string. `kind`: of the name. `keep`: it may be remembered. */
  of(bytes: Buffer, from: number, to: number, huffman: boolean, kind: number, keep: boolean): string | null {
    const length = to - from;
    if (!keep || length > MAX_BYTES || length === 0) return this.#decode(bytes, from, to, huffman, kind);
    const first = bytes[from] as number;
    const middle = bytes[from + (length >> 1)] as number;
    const last = bytes[to - 1] as number;
    const cell = (length * 37 + first * 5 + middle * 11 + last * 3) & (CELLS - 1);
    const key = (kind << 1) | (huffman ? 1 : 0);
    const kinds = this.#kinds[cell] as number;
    const coded = this.#coded[cell] as string;
    if (kinds >> 8 === key && coded.length === length && same(coded, bytes, from)) {
      this.kind = kinds & 0xff;
      return this.#texts[cell] as string;
    }
    const text = this.#decode(bytes, from, to, huffman, kind);
    if (text === null) return null;
    // What differs each time is not worth a place: the second time some bytes are the same, it is.
    const sample =
      ((bytes[from + (length >> 2)] as number) << 16) |
      ((bytes[to - 1 - (length >> 2)] as number) << 8) |
      (bytes[to - 1 - (length >> 3)] as number);
    if (this.#samples[cell] !== sample) {
      this.#samples[cell] = sample;
      return text;
    }
    this.#kinds[cell] = (key << 8) | this.kind;
    this.#texts[cell] = text;
    this.#coded[cell] = huffman ? latin1(bytes, from, to) : text;
    return text;
  }

  #decode(bytes: Buffer, from: number, to: number, huffman: boolean, kind: number): string | null {
    if (!huffman) {
      this.kind = kindWithValue(kind, bytes, from, to);
      return from === to ? '' : latin1(bytes, from, to);
    }
    const length = huffmanDecode(bytes, from, to);
    if (length < 0) return null;
    const decoded = huffmanScratch();
    this.kind = kindWithValue(kind, decoded, 0, length);
    return latin1(decoded, 0, length);
  }
}

/** From the end: values that change often differ there. */
function same(text: string, bytes: Buffer, from: number): boolean {
  for (let at = text.length - 1; at >= 0; at -= 1) if (text.charCodeAt(at) !== bytes[from + at]) return false;
  return true;
}
