import type { HeaderList } from '../../core/headers.ts';

/** What matters for weights of an ORCA load report (xds.data.orca.v3.OrcaLoadReport). */
export interface LoadReport {
  /** Of the application when it tells, else of the CPU. */
  readonly utilization: number;
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
}

/**
 * The load report in a response's headers or trailers: `endpoint-load-metrics` as `TEXT name=value, ...`, `JSON {...}` or
 * `BIN base64`, or `endpoint-load-metrics-bin`. Null when there is none or it cannot be read. Source: Envoy, "ORCA load
 * report"; gRPC A51.
 */
export function loadReportIn(headers: HeaderList): LoadReport | null {
  const text = headers.get('endpoint-load-metrics');
  if (text === undefined) {
    const binary = headers.get('endpoint-load-metrics-bin');
    return binary === undefined ? null : fromBinary(binary);
  }
  const space = text.indexOf(' ');
  const [format, rest] = [text.slice(0, space), text.slice(space + 1)];
  if (format === 'TEXT') return fromText(rest);
  if (format === 'JSON') return fromJson(rest);
  return format === 'BIN' ? fromBinary(rest) : null;
}

function fromText(text: string): LoadReport {
  const values = new Map<string, number>();
  for (const pair of text.split(',')) {
    const [name = '', value] = pair.split('=', 2);
    values.set(name.trim(), Number(value));
  }
  return reportOf((name) => values.get(name));
}

function fromJson(text: string): LoadReport | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Readonly<Record<string, unknown>>;
  return reportOf((name) =>
    Number(fields[name] ?? fields[name.replaceAll(/_(.)/g, (_, one: string) => one.toUpperCase())]),
  );
}

/** Numbers of the fields in the message; all of them doubles. */
const fieldNames: Readonly<Record<number, string>> = {
  1: 'cpu_utilization',
  6: 'rps_fractional',
  7: 'eps',
  9: 'application_utilization',
};

function fromBinary(base64: string): LoadReport | null {
  const bytes = Buffer.from(base64, 'base64');
  const values = new Map<string, number>();
  for (let at = 0; at < bytes.length; ) {
    const [tag, afterTag] = varint(bytes, at);
    at = afterTag;
    const wire = tag & 7;
    if (wire === 1 && at + 8 <= bytes.length) {
      values.set(fieldNames[tag >>> 3] ?? '', bytes.readDoubleLE(at));
      at += 8;
    } else if (wire === 0) {
      at = varint(bytes, at)[1];
    } else if (wire === 2) {
      const [length, after] = varint(bytes, at);
      at = after + length;
    } else return null;
  }
  return reportOf((name) => values.get(name));
}

/** The value, as far as 32 bits hold it, and where the next one begins. */
function varint(bytes: Buffer, from: number): [number, number] {
  let value = 0;
  let at = from;
  for (let shift = 0; at < bytes.length; shift += 7, at += 1) {
    const byte = bytes[at] as number;
    if (shift < 32) value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value >>> 0, at + 1];
  }
  return [value >>> 0, at];
}

function reportOf(get: (name: string) => number | undefined): LoadReport {
  const number = (name: string): number => {
    const value = get(name);
    return value !== undefined && Number.isFinite(value) && value > 0 ? value : 0;
  };
  return {
    utilization: number('application_utilization') || number('cpu_utilization'),
    requestsPerSecond: number('rps_fractional'),
    errorsPerSecond: number('eps'),
  };
}
