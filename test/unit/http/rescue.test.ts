import assert from 'node:assert/strict';
import { test } from 'node:test';
import { responseHead } from '../../../sidecar/codec/http1/response-head.ts';
import { Exchange, type ServerStream } from '../../../sidecar/core/exchange.ts';
import { isGrpcType } from '../../../sidecar/core/grpc.ts';
import { HeaderList } from '../../../sidecar/core/headers.ts';
import { sendReply } from '../../../sidecar/http/rescue.ts';

/** What a client gets of a reply of the sidecar's own. */
function answered(body: string, contentType: string): { head: string; body: string; length: number } {
  const got = { head: '', body: '', length: 0 };
  const stream = {
    respond(status: number, headers: HeaderList, length: number) {
      got.head = responseHead(status, headers, 1, length, 11, true);
      got.length = length;
    },
    write(chunk: Uint8Array) {
      got.body += Buffer.from(chunk).toString();
      return true;
    },
    end() {},
  } as unknown as ServerStream;
  const headers = HeaderList.of('content-type', contentType);
  const x = new Exchange(stream, 11, 'GET', 'http', 'a', '/', headers, 0, 0);
  x.grpc = isGrpcType(contentType);
  sendReply(x, { status: 503, flags: 0, detail: 'why', body }, null, 'now');
  return got;
}

/** Text of the configuration that could end a header line, or has no bytes of its own. */
const TEXTS = ['fine', 'a\r\nX-Split: 1', '\u010a\u010d', 'ü ☃ 😀', 'half \ud83d', '\udc00', '100 %', ''];

test('whatever text a reply has, gRPC callers get it as one line of their own encoding', () => {
  for (const text of TEXTS) {
    const { head, body } = answered(text, 'application/grpc');
    assert.equal(body, '');
    const message = /\r\ngrpc-message: ([^\r\n]*)\r\n/.exec(Buffer.from(head, 'latin1').toString('latin1'))?.[1] ?? '';
    assert.match(message, /^[ -~]*$/);
    assert.equal(decodeURIComponent(message), text.toWellFormed());
    assert.doesNotMatch(head, /\r\nX-Split/);
  }
});

test('other callers get it as a body of the length that was announced', () => {
  for (const text of TEXTS) {
    const { head, body, length } = answered(text, 'text/html');
    assert.equal(body, text.toWellFormed());
    assert.equal(Buffer.byteLength(body), length);
    assert.doesNotMatch(head, /\r\nX-Split/);
  }
});
