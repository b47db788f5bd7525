import { startRelay } from '../support/http2/relay.ts';

/** An HTTP/2 proxy on our codec alone: `http2-relay.ts UPSTREAM_PORT [PORT]`. Prints its port. */
const relay = await startRelay(Number(process.argv[2]), Number(process.argv[3] ?? 0));
console.log(relay.port);
