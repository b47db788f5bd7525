import { Exchange, type ServerStream } from '../../sidecar/core/exchange.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';

export interface RequestShape {
  readonly method?: string;
  readonly path?: string;
  readonly authority?: string;
  readonly scheme?: string;
  readonly version?: number;
  /** Name, value, name, value, ... */
  readonly headers?: readonly string[];
  readonly bodyLength?: number;
  readonly remoteAddress?: string;
}

/** An exchange as a codec would make it, for tests of what stands behind one. Its stream only knows its peer. */
export function exchangeOf(shape: RequestShape = {}): Exchange {
  const peer = {
    remoteAddress: shape.remoteAddress ?? '10.1.2.3',
    remotePort: 4711,
    localAddress: '10.9.9.9',
    localPort: 15001,
  };
  return new Exchange(
    { peer } as ServerStream,
    shape.version ?? 11,
    shape.method ?? 'GET',
    shape.scheme ?? 'http',
    shape.authority ?? 'cart',
    shape.path ?? '/',
    HeaderList.of(...(shape.headers ?? [])),
    shape.bodyLength ?? 0,
    1000,
  );
}

/** All headers as `name: value` lines. */
export function linesOf(headers: HeaderList): string[] {
  const lines: string[] = [];
  headers.each((name, value) => {
    lines.push(`${name}: ${value}`);
  });
  return lines;
}
