import http from 'node:http';
import http2 from 'node:http2';

/** One answer to a gRPC-Web call: HTTP's status, the messages, and what stands in the trailers' frame or else in the head. */
export interface WebAnswer {
  readonly httpStatus: number;
  readonly contentType: string;
  readonly messages: readonly Buffer[];
  readonly status: string | undefined;
  readonly message: string | undefined;
  /** Of the frame; undefined without one. */
  readonly trailers: Readonly<Record<string, string>> | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

export interface WebCall {
  readonly messages?: readonly Uint8Array[];
  /** Base64 both ways; otherwise binary. */
  readonly text?: boolean;
  /** 1: HTTP/1.1, 2: HTTP/2 by prior knowledge, or the global fetch. */
  readonly by?: 1 | 2 | 'fetch';
  /** Where the body is cut, as positions; each piece is written by itself. */
  readonly cuts?: readonly number[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the encoded messages. */
  readonly body?: Buffer;
  readonly authority?: string;
}

/** A message with its five bytes of head. */
export function frame(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** A call as a browser makes it, by hand. */
export async function webCall(port: number, path: string, call: WebCall = {}): Promise<WebAnswer> {
  const { authority = 'web', by = 1, cuts = [], headers = {}, messages = [Buffer.alloc(0)], text = false } = call;
  const frames = Buffer.concat(messages.map((each) => frame(each)));
  const body = call.body ?? (text ? Buffer.from(frames.toString('base64')) : frames);
  const type = text ? 'application/grpc-web-text' : 'application/grpc-web+proto';
  const given = { 'content-type': type, accept: type, 'x-grpc-web': '1', ...headers };
  const edges = [...cuts.filter((cut) => cut > 0 && cut < body.length).sort((a, b) => a - b), body.length];
  const pieces = edges.map((edge, at) => body.subarray(edges[at - 1] ?? 0, edge));
  const send = by === 1 ? byHttp1 : by === 2 ? byHttp2 : byFetch;
  const got = await send(port, path, { ...given, host: authority }, pieces);
  return answerOf(got.status, got.headers, got.body);
}

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

type Send = (port: number, path: string, headers: Record<string, string>, pieces: readonly Buffer[]) => Promise<Got>;

/** Ends the turn of the event loop, so that what was written goes out by itself. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const byHttp1: Send = (port, path, headers, pieces) =>
  new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false });
    request.setNoDelay(true);
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    void (async () => {
      for (const piece of pieces) {
        request.write(piece);
        if (pieces.length > 1) await turn();
      }
      request.end();
    })();
  });

const byHttp2: Send = (port, path, { host, ...headers }, pieces) =>
  new Promise((resolve, reject) => {
    const session = http2.connect(`http://127.0.0.1:${port}`);
    session.on('error', reject);
    const stream = session.request({ ':method': 'POST', ':path': path, ':authority': host, ...headers });
    const chunks: Buffer[] = [];
    let head: http2.IncomingHttpHeaders = {};
    stream.on('error', reject);
    stream.on('response', (got) => {
      head = got;
    });
    stream.on('trailers', (trailers) => reject(new Error(`trailers: ${JSON.stringify(trailers)}`)));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      session.close();
      resolve({ status: Number(head[':status']), headers: head, body: Buffer.concat(chunks) });
    });
    void (async () => {
      for (const piece of pieces) {
        stream.write(piece);
        if (pieces.length > 1) await turn();
      }
      stream.end();
    })();
  });

const byFetch: Send = async (port, path, { host: _host, ...headers }, pieces) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers,
    body: new Uint8Array(Buffer.concat(pieces)),
  });
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
};

function answerOf(httpStatus: number, headers: Readonly<Record<string, unknown>>, body: Buffer): WebAnswer {
  const contentType = String(headers['content-type']);
  const bytes = contentType.includes('-text') ? decoded(body.toString('latin1')) : body;
  const messages: Buffer[] = [];
  let trailers: Record<string, string> | undefined;
  for (let at = 0; at < bytes.length; ) {
    const flags = bytes[at] ?? 0;
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    if (trailers !== undefined || end > bytes.length) throw new Error(`no frame at ${at} of ${bytes.length}`);
    const content = bytes.subarray(at + 5, end);
    if ((flags & 0x80) === 0) messages.push(content);
    else trailers = linesOf(content.toString('latin1'));
    at = end;
  }
  const said = trailers ?? (headers as Record<string, string>);
  return {
    httpStatus,
    contentType,
    messages,
    status: said['grpc-status'],
    message: said['grpc-message'],
    trailers,
    headers,
    body,
  };
}

/** Groups of four, each of which may be padded: what was sent is one base64 text after the other. */
export function decoded(text: string): Buffer {
  const groups = text.match(/.{4}/gs) ?? [];
  if (groups.join('') !== text) throw new Error(`no whole groups: ${text.slice(-8)}`);
  return Buffer.concat(groups.map((group) => Buffer.from(group, 'base64')));
}

function linesOf(text: string): Record<string, string> {
  if (text !== '' && !text.endsWith('\r\n')) throw new Error('the trailers are not lines');
  const lines = text.split('\r\n').slice(0, -1);
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
}
