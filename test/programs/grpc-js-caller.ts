/**
 * A proxyless gRPC client: calls the target in its first argument again and again through xDS, with @grpc/grpc-js-xds, and
 * prints one JSON line for each call: {"backend": "..."} or {"error": "..."}, with the milliseconds that it took.
 */
import { Client, credentials } from '@grpc/grpc-js';
import { register } from '@grpc/grpc-js-xds';

register();
const client = new Client(process.argv[2] ?? '', credentials.createInsecure());
const asIs = (bytes: Buffer): Buffer => bytes;

function call(): void {
  const started = performance.now();
  const deadline = Date.now() + 3_000;
  client.makeUnaryRequest('/test.Greeter/Hello', asIs, asIs, Buffer.alloc(0), { deadline }, (error, backend) => {
    const ms = Math.round(performance.now() - started);
    console.log(JSON.stringify(error ? { error: error.message, ms } : { backend: backend?.toString(), ms }));
    setTimeout(call, 10);
  });
}

call();
