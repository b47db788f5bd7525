/** What was read, or why it could not be. */
export type Read<T = unknown> = { value: T; problem?: undefined } | { problem: string };

const ranges: Record<string, readonly [low: number, high: number]> = {
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};
const wireWidths: Record<string, string> = {
  sint32: 'int32',
  sfixed32: 'int32',
  fixed32: 'uint32',
  sint64: 'int64',
  sfixed64: 'int64',
  fixed64: 'uint64',
};
const words: Record<string, number> = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, '-Infinity': -Infinity };

/** A scalar of protobuf `type` from JSON. 64-bit integers beyond 2^53 are refused rather than rounded. */
export function readScalar(type: string, value: unknown): Read {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? { value } : { problem: `expected a string, got ${JSON.stringify(value)}` };
    case 'bool':
      return typeof value === 'boolean'
        ? { value }
        : { problem: `expected true or false, got ${JSON.stringify(value)}` };
    case 'bytes':
      return readBytes(value);
    case 'double':
    case 'float':
      return readFloat(value);
    default:
      return readInteger(wireWidths[type] ?? type, value);
  }
}

/** A scalar as proto3 JSON writes it. */
export function writeScalar(type: string, value: unknown): unknown {
  if (type === 'bytes') return Buffer.from(value as Uint8Array).toString('base64');
  if (type === 'double' || type === 'float') return Number.isFinite(value) ? value : String(value);
  return /64$/.test(type) ? String(value) : value;
}

function readBytes(value: unknown): Read<Buffer> {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) {
    return { problem: `expected bytes in base64, got ${JSON.stringify(value)}` };
  }
  return { value: Buffer.from(value, 'base64') };
}

function readFloat(value: unknown): Read<number> {
  if (typeof value === 'string' && Object.hasOwn(words, value)) return { value: words[value] ?? Number.NaN };
  const number = toNumber(value);
  return number === undefined ? { problem: `expected a number, got ${JSON.stringify(value)}` } : { value: number };
}

function readInteger(type: string, value: unknown): Read<number> {
  const number = toNumber(value);
  if (number === undefined || !Number.isInteger(number)) {
    return { problem: `expected a whole number, got ${JSON.stringify(value)}` };
  }
  const [low, high] = ranges[type] ?? [0, 0];
  if (number < low || number > high) return { problem: `${value} is out of range: ${low} to ${high}` };
  return { value: number === 0 ? 0 : number };
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string' && /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(value)) return Number(value);
  return undefined;
}
