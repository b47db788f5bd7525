import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Shape } from '../shape.ts';
import { written } from './contender.ts';

/** Bytes of a message in a stream of them. */
export const MESSAGE = 16 * 1024;
/** Bytes of the large body. */
export const MEBIBYTE = 1024 * 1024;
/** Whatever is below it answers 100 bytes. */
export const ITEMS = '/items/';
/** Answers 1 MiB, with its length. */
export const LARGE = '/large';
/** Reads a request's body to its end, then answers 100 bytes. */
export const SINK = '/sink';
/** Reads a request's body to its end, then answers 1 MiB in chunks. */
export const CHUNKED = '/chunked';

/**
 * The backend behind all of them: nginx on three ports, and on three where it speaks HTTP/2. One path for each shape answers 100 bytes, also to a small body; the others
 * are for large bodies.
 */
export function backendCommand(
  folder: string,
  ports: readonly number[],
  http2Ports: readonly number[],
  shapes: readonly Shape[],
): string[] {
  const listens = [
    ...ports.map((port) => `listen 127.0.0.1:${port} backlog=4096;`),
    ...http2Ports.map((port) => `listen 127.0.0.1:${port} http2 backlog=4096;`),
  ];
  const body = 'hello world '.repeat(8).padEnd(100, '0123');
  const locations = shapes.map((shape) => {
    const headers = Object.entries(shape.responseHeaders).map(([name, value]) => `add_header ${name} '${value}';`);
    return `location = ${shape.path.split('?')[0]} { default_type text/plain; ${headers.join(' ')} return 200 "${body}"; }`;
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'large.bin'), Buffer.alloc(MEBIBYTE, '0123456789abcdef'));
  writeFileSync(path.join(folder, 'empty.bin'), '');
  // By itself nginx would answer before the body is there. As a proxy of itself it gathers the body first, and then does not send it.
  const gather = `client_body_buffer_size 2m; proxy_method GET; proxy_pass_request_body off; proxy_set_header Content-Length "";
      proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffer_size 64k; proxy_buffers 32 64k;`;
  // What is appended has no length of its own that could be announced: the answer goes out in chunks.
  const config = `worker_processes 1; daemon off; pid backend.pid; error_log backend.err; worker_rlimit_nofile 16000;
events { worker_connections 14000; }
http { access_log off; keepalive_requests 100000000; keepalive_timeout 600s; client_max_body_size 0; sendfile on;
  http2_max_concurrent_streams 1024; http2_chunk_size 16k; http2_recv_buffer_size 256k;
  upstream itself { server unix:${folder}/inner.sock; keepalive 64; keepalive_requests 100000000; }
  server { ${listens.join(' ')}
    ${locations.join('\n    ')}
    location ${ITEMS} { default_type text/plain; return 200 "${body}"; }
    location = ${LARGE} { default_type application/octet-stream; alias ${folder}/large.bin; }
    location = ${SINK} { ${gather} proxy_pass http://itself/short; }
    location = ${CHUNKED} { ${gather} proxy_pass http://itself/long; } }
  server { listen unix:${folder}/inner.sock; root ${folder};
    location = /short { return 200 "${body}"; }
    location = /long { addition_types *; add_after_body /empty.bin; alias ${folder}/large.bin; } } }
`;
  return ['nginx', '-p', folder, '-c', written(folder, 'nginx-backend.conf', config)];
}
