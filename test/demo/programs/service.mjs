// A service as anybody would write it: plain Node, no library of the mesh. It finds others by name (`http://cart/`); that this goes
// through a sidecar it neither knows nor could tell: the environment has http_proxy, and Node's fetch honours it.
//
//   node service.mjs INSTANCE NEXT        listens on $PORT; asks the service NEXT before it answers
//   node service.mjs INSTANCE grpc:NEXT   asks by gRPC, with one client for all calls: it is the sidecar that spreads them
//
// POST /behave {"delay": ms, "status": code} makes this one instance slow or broken, as instances are at times.
import http from 'node:http';

const [instance, next] = process.argv.slice(2);
let behaviour = { delay: 0, status: 200 };

/** Asks the next service; tells how long it took, who answered, and what those behind it took. */
async function askByHttp(path) {
  const begun = performance.now();
  const answer = await fetch(`http://${next}${path}`);
  await answer.text();
  const took = (performance.now() - begun).toFixed(1);
  const who = answer.headers.get('x-instance') ?? next;
  const behind = answer.headers.get('server-timing');
  return { status: answer.status, timing: `${who};dur=${took}${behind ? `, ${behind}` : ''}` };
}

/** gRPC takes no proxy from the environment for names of a mesh: the client dials the sidecar, and names the service as authority. */
async function grpcAsker(service) {
  const [{ Client, credentials }, { Stock }] = await Promise.all([
    import('@grpc/grpc-js'),
    import('./stock-service.mjs'),
  ]);
  const { path, requestSerialize, responseDeserialize } = Stock.Check;
  const client = new Client(process.env.AYA_OUTBOUND, credentials.createInsecure(), {
    'grpc.default_authority': service,
    'grpc.enable_http_proxy': 0,
  });
  return () =>
    new Promise((resolve) => {
      const begun = performance.now();
      const deadline = Date.now() + 5000;
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, { deadline }, (error, answer) => {
        const took = (performance.now() - begun).toFixed(1);
        resolve({ status: error ? 503 : 200, timing: answer ? `${answer.instance};dur=${took}` : '' });
      });
    });
}

const ask = next.startsWith('grpc:') ? await grpcAsker(next.slice(5)) : askByHttp;

function body(request) {
  return new Promise((resolve) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => resolve(text));
  });
}

const server = http.createServer(async (request, response) => {
  const text = await body(request);
  if (request.url === '/behave') {
    behaviour = { ...behaviour, ...JSON.parse(text) };
    return response.end();
  }
  if (request.url === '/healthz') return response.end();
  response.setHeader('x-instance', instance);
  let status = behaviour.status;
  try {
    const answer = await ask(request.url);
    response.setHeader('server-timing', answer.timing);
    if (answer.status >= 400) status = answer.status;
  } catch (error) {
    console.error(`${instance}: ${error.cause?.message ?? error.message}`);
    status = 502;
  }
  setTimeout(() => {
    response.statusCode = status;
    response.end(`${instance}: ${status}\n`);
  }, behaviour.delay);
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
