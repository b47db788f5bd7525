/** Classes of bytes by the grammar of RFC 9110 5.5, 5.6.2 and RFC 3986: 1 = belongs to the class. */
function bytesOf(...members: (string | [number, number])[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const member of members) {
    if (typeof member === 'string') for (const char of member) table[char.charCodeAt(0)] = 1;
    else table.fill(1, member[0], member[1] + 1);
  }
  return table;
}

const DIGIT: [number, number] = [0x30, 0x39];
const UPPER: [number, number] = [0x41, 0x5a];
const LOWER: [number, number] = [0x61, 0x7a];

/** tchar: methods and field names. */
export const TOKEN = bytesOf(DIGIT, UPPER, LOWER, "!#$%&'*+-.^_`|~");
/** field-vchar, SP and HTAB. No other control character may pass a proxy. */
export const FIELD = bytesOf('\t', [0x20, 0x7e], [0x80, 0xff]);
/** What a request target may hold: visible ASCII without `#`. Wider than RFC 3986, as browsers send `|` and `{`. */
export const TARGET = bytesOf([0x21, 0x22], [0x24, 0x7e]);
/** reg-name without sub-delims, which no host name uses and which other parsers take for separators. */
export const HOST = bytesOf(DIGIT, UPPER, LOWER, '-._~');
/** Inside the brackets of an IPv6 address. */
export const ADDRESS = bytesOf(DIGIT, [0x41, 0x46], [0x61, 0x66], ':.');

/** Value of a hexadecimal digit, 255 for other bytes. */
export const HEX = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value += 1) {
  HEX[value.toString(16).charCodeAt(0)] = value;
  HEX[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
const HASH = 0x23;
export const SLASH = 0x2f;
export const ZERO = 0x30;
export const NINE = 0x39;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
const DEL = 0x7f;

/** End of the run of FIELD bytes at `from`: values and reason phrases. By comparison, twice as fast as by table. */
export function valueEnd(buffer: Buffer, from: number, to: number): number {
  let at = from;
  for (; at < to; at += 1) {
    const byte = buffer[at] as number;
    if ((byte < SP || byte === DEL) && byte !== TAB) break;
  }
  return at;
}

/** End of the run of TARGET bytes at `from`. */
export function targetEnd(buffer: Buffer, from: number, to: number): number {
  let at = from;
  for (; at < to; at += 1) {
    const byte = buffer[at] as number;
    if (byte <= SP || byte >= DEL || byte === HASH) break;
  }
  return at;
}
