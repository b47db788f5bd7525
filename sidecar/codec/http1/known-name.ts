import { KNOWN_NAMES } from '../../core/header-name.data.ts';

const CELLS = 512;
/** Bytes of all known names one after the other, where each begins, and which id may sit in a cell of the hash. */
const text = new Uint8Array(KNOWN_NAMES.join('').length);
const starts = new Uint16Array(KNOWN_NAMES.length + 1);
const ids = new Uint8Array(CELLS);

for (let id = 1, at = 0; id < KNOWN_NAMES.length; id += 1) {
  const name = KNOWN_NAMES[id] as string;
  starts[id] = at;
  for (let each = 0; each < name.length; each += 1) text[at + each] = name.charCodeAt(each);
  at += name.length;
  starts[id + 1] = at;
}

const cell = (length: number, first: number, last: number, by: number): number =>
  (length * by + first * 31 + last * 7) & (CELLS - 1);

/** The first factor under which no two known names share a cell: then one comparison decides. */
function factor(): number {
  for (let by = 1; by < 100_000; by += 1) {
    ids.fill(0);
    let free = true;
    for (let id = 1; free && id < KNOWN_NAMES.length; id += 1) {
      const name = KNOWN_NAMES[id] as string;
      const at = cell(name.length, name.charCodeAt(0), name.charCodeAt(name.length - 1), by);
      free = ids[at] === 0;
      ids[at] = id;
    }
    if (free) return by;
  }
  throw new Error('no hash without collisions for the known header names');
}
const BY = factor();

/** Id of the field name in `buffer[start, end)`, whatever its case; 0 = not a known name. The name must be a token. */
export function knownName(buffer: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const first = (buffer[start] as number) | 0x20;
  const id = ids[cell(length, first, (buffer[end - 1] as number) | 0x20, BY)] as number;
  if (id === 0) return 0;
  const from = starts[id] as number;
  if ((starts[id + 1] as number) - from !== length) return 0;
  // Known names hold letters, digits and "-" only, so among token characters setting bit 0x20 lowers case and no more.
  for (let at = 0; at < length; at += 1) {
    if (((buffer[start + at] as number) | 0x20) !== text[from + at]) return 0;
  }
  return id;
}
