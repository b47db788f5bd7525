import { HUFFMAN_BITS } from './hpack-huffman.data.ts';

const SYMBOLS = 257;
const EOS = 256;
/** Cells of the decoder: the next state, the byte, and what there is to do. */
const BYTE_SHIFT = 8;
const EMITS = 1 << 16;
const FAILS = 1 << 17;

/** The codes, assigned in order of length and then of symbol. */
const codes = new Uint32Array(SYMBOLS);
const bits = Uint8Array.from(HUFFMAN_BITS);

/** State = inner node of the code tree, 0 = root. `steps[state * 16 + nibble]` is a cell. */
const steps = new Uint32Array(256 * 16);
/** 1 = a string may end here: what was read of the next code is at most seven 1 bits (RFC 7541 5.2). */
const mayEnd = new Uint8Array(256);

let built = false;

function assignCodes(): void {
  let code = 0;
  for (let length = 1; length <= 30; length += 1) {
    for (let symbol = 0; symbol < SYMBOLS; symbol += 1) if (bits[symbol] === length) codes[symbol] = code++;
    code *= 2;
  }
}

/**
 * Builds the tree bit by bit, then walks it in steps of four bits: no code is shorter than five, so one byte at most. Called when the
 * first string is coded, since most sidecars never do: its loops are long enough to bring V8's optimizing compiler into memory.
 */
function build(): void {
  built = true;
  assignCodes();
  const children: [number, number][] = [[0, 0]];
  for (let symbol = 0; symbol < SYMBOLS; symbol += 1) {
    const length = bits[symbol] as number;
    let node = 0;
    for (let bit = length - 1; bit >= 0; bit -= 1) {
      const pair = children[node] as [number, number];
      const side = ((codes[symbol] as number) >>> bit) & 1;
      // Leaves are negative: -1 - symbol.
      if (bit === 0) pair[side] = -1 - symbol;
      else {
        if (pair[side] === 0) pair[side] = children.push([0, 0]) - 1;
        node = pair[side] as number;
      }
    }
  }
  for (let state = 0; state < children.length; state += 1) {
    for (let nibble = 0; nibble < 16; nibble += 1) steps[state * 16 + nibble] = walk(children, state, nibble);
  }
  for (let node = 0, depth = 0; depth <= 7; depth += 1) {
    mayEnd[node] = 1;
    node = (children[node] as [number, number])[1];
  }
}

function walk(children: readonly [number, number][], from: number, nibble: number): number {
  let node = from;
  let cell = 0;
  for (let bit = 3; bit >= 0; bit -= 1) {
    node = (children[node] as [number, number])[(nibble >>> bit) & 1] as number;
    if (node >= 0) continue;
    if (node === -1 - EOS) return FAILS;
    cell = EMITS | ((-1 - node) << BYTE_SHIFT);
    node = 0;
  }
  return cell | node;
}

/** What was decoded last; one for the thread, taken before anything else is decoded. */
let scratch = Buffer.allocUnsafeSlow(4096);

export function huffmanScratch(): Buffer {
  return scratch;
}

/** Decodes `buffer[from, to)` into the scratch buffer and returns the number of bytes; -1 = not a valid string. */
export function huffmanDecode(buffer: Uint8Array, from: number, to: number): number {
  if (!built) build();
  // The shortest code has five bits.
  if (scratch.length < (to - from) * 1.6 + 1) scratch = Buffer.allocUnsafeSlow((to - from) * 2);
  const out = scratch;
  let state = 0;
  let length = 0;
  for (let at = from; at < to; at += 1) {
    const byte = buffer[at] as number;
    let cell = steps[(state << 4) | (byte >> 4)] as number;
    if (cell >= EMITS) {
      if ((cell & FAILS) !== 0) return -1;
      out[length++] = (cell >> BYTE_SHIFT) & 0xff;
    }
    cell = steps[((cell & 0xff) << 4) | (byte & 15)] as number;
    if (cell >= EMITS) {
      if ((cell & FAILS) !== 0) return -1;
      out[length++] = (cell >> BYTE_SHIFT) & 0xff;
    }
    state = cell & 0xff;
  }
  return mayEnd[state] === 1 ? length : -1;
}

/** Bytes that `text` (latin1) takes when encoded. */
export function huffmanLength(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) sum += bits[text.charCodeAt(at) & 0xff] as number;
  return (sum + 7) >> 3;
}

/** Encodes `text` (latin1) into `out` from `at` on, padded with 1 bits, and returns the position after it. */
export function huffmanEncode(text: string, out: Uint8Array, at: number): number {
  if (!built) build();
  let to = at;
  /** The last `held` bits of `bag` wait for company; always fewer than eight between symbols. */
  let bag = 0;
  let held = 0;
  for (let each = 0; each < text.length; each += 1) {
    const symbol = text.charCodeAt(each) & 0xff;
    const code = codes[symbol] as number;
    let left = bits[symbol] as number;
    while (left > 0) {
      const take = Math.min(left, 8);
      left -= take;
      bag = ((bag << take) | ((code >>> left) & ((1 << take) - 1))) & 0xffff;
      held += take;
      if (held >= 8) {
        held -= 8;
        out[to++] = (bag >>> held) & 0xff;
      }
    }
  }
  if (held > 0) out[to++] = ((bag << (8 - held)) | (0xff >> held)) & 0xff;
  return to;
}
