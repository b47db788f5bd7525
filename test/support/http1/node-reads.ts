import http from 'node:http';
import { Duplex } from 'node:stream';

/** A request as another parser read it. */
export interface Read {
  method: string;
  path: string;
  /** Bytes of the body, decoded. */
  body: number;
  /** It came to its end. */
  whole: boolean;
}

/** What Node's own HTTP parser (llhttp) sees in `bytes`, as sent by one client that then closes its side: heads, in order. */
export function nodeReads(bytes: string): Promise<Read[]> {
  const reads: Read[] = [];
  const server = http.createServer(
    { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 },
    (request, response) => {
      const read: Read = { method: request.method ?? '', path: request.url ?? '', body: 0, whole: false };
      reads.push(read);
      request.on('data', (chunk: Buffer) => {
        read.body += chunk.length;
      });
      request.on('end', () => {
        read.whole = true;
        response.end();
      });
    },
  );
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  server.on('clientError', (_error, socket) => socket.destroy());
  return new Promise((resolve) => {
    const input = Buffer.from(bytes, 'latin1');
    const duplex = new Duplex({
      read() {},
      write(_chunk, _encoding, done) {
        done();
      },
    });
    duplex.on('error', () => {});
    duplex.on('close', () => resolve(reads));
    server.emit('connection', duplex);
    duplex.push(input);
    duplex.push(null);
  });
}
