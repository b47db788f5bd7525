import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import tls from 'node:tls';

/** What came of one request: the error's code in place of the body when there was no response, and status 0. */
export interface Said {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const failed = (error: NodeJS.ErrnoException): Said => ({ status: 0, body: error.code ?? error.message, headers: {} });

/** GET by Node's HTTP/1.1 on a connection of its own; trusts what `options` say. */
export function secureGet(
  port: number,
  path: string,
  options: https.RequestOptions & tls.ConnectionOptions = {},
): Promise<Said> {
  return new Promise((resolve) => {
    const whole = { host: '127.0.0.1', port, path, agent: false, servername: 'localhost', ...options };
    const request = https.get(whole, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString('latin1');
      });
      response.on('error', (error) => resolve(failed(error)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    });
    request.on('error', (error) => resolve(failed(error)));
  });
}

/** A client of Node's HTTP/2 within TLS. */
export function http2Client(port: number, options: http2.SecureClientSessionOptions = {}): http2.ClientHttp2Session {
  const session = http2.connect(`https://localhost:${port}`, {
    ...options,
    lookup: (_name, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
  });
  session.on('error', () => {});
  return session;
}

export function http2Get(session: http2.ClientHttp2Session, path: string): Promise<Said> {
  return new Promise((resolve) => {
    const stream = session.request({ ':path': path });
    let body = '';
    let headers: Said['headers'] = {};
    stream.on('response', (got) => {
      headers = got as Said['headers'];
    });
    stream.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1');
    });
    stream.on('error', (error) => resolve(failed(error)));
    stream.on('end', () => resolve({ status: Number(headers[':status'] ?? 0), body, headers }));
  });
}

/** A connection within TLS once its handshake is over; rejects when that fails. */
export async function secureSocket(port: number, options: tls.ConnectionOptions): Promise<tls.TLSSocket> {
  const socket = tls.connect({ host: '127.0.0.1', port, servername: 'localhost', ...options });
  await once(socket, 'secureConnect');
  socket.on('error', () => {});
  return socket;
}

export const withoutCurl: string | false = spawnSync('curl', ['--version']).status === 0 ? false : 'curl is not here';

/** What curl prints for `https://HOST:port/path`, whose name is this machine: the body, HTTP version and status. */
export function curl(port: number, path: string, ...flags: readonly string[]): Promise<string> {
  const host = `localhost:${port}`;
  const words = ['-sS', '--max-time', '10', '--resolve', `${host}:127.0.0.1`, '-w', ' %{http_version} %{http_code}'];
  return new Promise((resolve, reject) => {
    execFile('curl', [...words, ...flags, `https://${host}${path}`], (error, stdout, stderr) =>
      error ? reject(new Error(stderr)) : resolve(stdout),
    );
  });
}
