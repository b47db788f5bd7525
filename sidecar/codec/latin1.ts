/** Buffer's own method, which its types leave out: as `toString('latin1', ...)`, without the search for the encoding. */
interface Latin1Bytes {
  latin1Slice(start: number, end: number): string;
}

/** `bytes[start, end)` as text, one character per byte. */
export function latin1(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as Latin1Bytes).latin1Slice(start, end);
}
