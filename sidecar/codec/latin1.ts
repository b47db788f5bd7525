/** Buffer's own methods, which its types leave out: as `toString` and `write`, without the search for the encoding. */
interface Latin1Bytes {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, at: number): number;
}

/** `bytes[start, end)` as text, one character per byte. */
export function latin1(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as Latin1Bytes).latin1Slice(start, end);
}

/** Writes `text` from `bytes[at]` on and returns how many bytes were written: all, if there is room. */
export function writeLatin1(bytes: Buffer, text: string, at: number): number {
  return (bytes as unknown as Latin1Bytes).latin1Write(text, at);
}

/** The same bytes as a Buffer. */
export function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}
