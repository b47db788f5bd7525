import { written } from './contenders/contender.ts';

/** What a request and its response look like. */
export interface Shape {
  readonly name: string;
  readonly words: string;
  readonly path: string;
  /** Besides Host, which is always sent. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** Besides what nginx sends by itself: Server, Date, Content-Type, Content-Length, Connection. */
  readonly responseHeaders: Readonly<Record<string, string>>;
}

export const bare: Shape = {
  name: 'bare',
  words: 'no headers but Host',
  path: '/',
  requestHeaders: {},
  responseHeaders: {},
};

export const browser: Shape = {
  name: 'browser',
  words: 'as a browser asks: 14 headers, the answer has 8',
  path: '/shop/cart/items?page=2&sort=price',
  requestHeaders: {
    'User-Agent':
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
    'Accept-Language': 'en-GB,en;q=0.9,de;q=0.8',
    'Accept-Encoding': 'gzip, deflate, br, zstd',
    Referer: 'https://shop.example.com/shop/cart',
    Cookie: 'session=4f0c2a9be1d7; theme=dark; consent=yes',
    'Sec-CH-UA': '"Chromium";v="142", "Not_A Brand";v="99"',
    'Sec-CH-UA-Mobile': '?0',
    'Sec-CH-UA-Platform': '"Linux"',
    'Sec-Fetch-Dest': 'document',
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Site': 'same-origin',
    'Upgrade-Insecure-Requests': '1',
  },
  responseHeaders: {
    'Cache-Control': 'private, max-age=0, must-revalidate',
    ETag: '"5f3c-61a8b2c4d5e6f"',
    Vary: 'Accept-Encoding, Cookie',
    'X-Content-Type-Options': 'nosniff',
  },
};

export const shapes: readonly Shape[] = [bare, browser];

/** The script by which wrk asks in this shape; returns its path. */
export function writeScript(shape: Shape, folder: string): string {
  const headers = Object.entries(shape.requestHeaders).map(
    ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
  );
  return written(folder, `${shape.name}.lua`, [...headers, ''].join('\n'));
}

/** The request of this shape to `host`, as wrk sends it. */
export function requestOf(shape: Shape, host: string): string {
  const headers = Object.entries({ Host: host, ...shape.requestHeaders });
  return [`GET ${shape.path} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
}
