import http2 from 'node:http2';
import type { TestContext } from 'node:test';
import { MESSAGE } from './http2/scripted-server.ts';

export interface GrpcAnswer {
  /** HTTP status, 0 = there was no head. */
  readonly http: number;
  /** From head or trailers; -1 = neither had one. */
  readonly status: number;
  readonly message: string;
  readonly headers: http2.IncomingHttpHeaders;
  /** The head was all. */
  readonly trailersOnly: boolean;
  /** By which the stream was reset; 0 = it was not. */
  readonly reset: number;
  /** Ms to the head and to the end. */
  readonly headMs: number;
  readonly ms: number;
}

/** A plain HTTP/2 client, which sees what a gRPC library hides. */
export function http2Client(t: TestContext, port: number): http2.ClientHttp2Session {
  const client = http2.connect(`http://127.0.0.1:${port}`);
  client.on('error', () => {});
  t.after(() => client.destroy());
  return client;
}

/** One unary call with `body`, whatever comes of it. */
export async function grpcCall(
  client: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders = {},
  body: Buffer = MESSAGE,
): Promise<GrpcAnswer> {
  const began = performance.now();
  const answer = { http: 0, status: -1, message: '', headers: {}, trailersOnly: false, reset: 0, headMs: 0, ms: 0 };
  const stream = client.request({
    ':method': 'POST',
    ':path': '/shop.Cart/Get',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const look = (fields: http2.IncomingHttpHeaders): void => {
    answer.status = Number(fields['grpc-status'] ?? answer.status);
    answer.message = decodeURIComponent(String(fields['grpc-message'] ?? answer.message));
  };
  stream.on('response', (head, flags) => {
    answer.trailersOnly = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    answer.headMs = performance.now() - began;
    answer.http = head[':status'] ?? 0;
    answer.headers = head;
    look(head);
  });
  stream.on('trailers', look);
  stream.on('error', () => {});
  stream.resume();
  stream.end(body);
  await new Promise((resolve) => stream.on('close', resolve));
  answer.reset = stream.rstCode ?? 0;
  answer.ms = performance.now() - began;
  return answer;
}
