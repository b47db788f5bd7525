import { type FastifyInstance, fastify } from 'fastify';
import { managedByLabel, registryManager } from '../model/endpoint-slice.ts';
import type { AnyObject } from '../model/kinds.ts';
import type { ApiContext } from './context.ts';
import { registerDiscovery } from './discovery-routes.ts';
import { badRequest, Failure, noSuchPath, unsupportedMediaType } from './failure.ts';
import { hostAllowed, hostName } from './host-check.ts';
import { jsonPatchType, mergePatchType, strategicPatchType } from './patch/apply.ts';
import { refuse } from './refuse.ts';
import { registerResources } from './resource-routes.ts';
import { type Settler, startSettler } from './settler.ts';

export interface ApiOptions extends Omit<ApiContext, 'fleetStatus' | 'ownerOf'> {
  host: string;
  /** 0: any free one. */
  port: number;
  /** Aya's version. */
  version: string;
  /** Names besides loopback that clients may call this server by; `host` is one of them. */
  allowedHosts?: readonly string[];
  fleetStatus?: ApiContext['fleetStatus'];
  ownerOf?: ApiContext['ownerOf'];
  /** What is not ready yet, one sentence each; empty: ready. */
  notReady?: () => readonly string[];
  /** The document of `GET /aya/v1/status`: the fleet, as `aya status` shows it. */
  status?: () => unknown;
}

export interface Api {
  /** `http://127.0.0.1:15080`. */
  url: string;
  /** The fleet acknowledged or refused something: conditions are settled anew. */
  fleetChanged(): void;
  /** Ends watches, then the server. */
  close(): Promise<void>;
}

/** Kubernetes refuses more than 3 MiB too. */
const bodyLimit = 3 * 1024 * 1024;

/** Starts the HTTP API. Rejects when the address cannot be bound. */
export async function createApi(options: ApiOptions): Promise<Api> {
  const { objects, clock, log, fleetStatus = () => undefined, ownerOf = registeredBy } = options;
  const context: ApiContext = { objects, clock, log, fleetStatus, ownerOf };
  const server = fastify({
    bodyLimit,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true },
  });
  const allowed = new Set([options.host, ...(options.allowedHosts ?? [])].map(hostName));

  const anyAddress = !hostAllowed(options.host, new Set(), false);

  acceptJsonOnly(server);
  server.addHook('onRequest', async (request, reply) => {
    if (hostAllowed(request.headers.host, allowed, anyAddress)) return;
    const message = `the Host header ${JSON.stringify(request.headers.host ?? '')} is not a name of this server: add it to the allowed hosts`;
    refuse(reply, new Failure(403, 'Forbidden', message));
  });
  server.setNotFoundHandler((request, reply) => refuse(reply, noSuchPath(`${request.method} ${request.url}`)));
  server.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    refuse(reply, asFailure(error, request.headers['content-type']));
    if ((error.statusCode ?? 500) >= 500) log.error({ error: error.stack, url: request.url }, 'a request failed');
  });
  server.get('/healthz', async () => 'ok');
  server.get('/livez', async () => 'ok');
  server.get('/readyz', async (_request, reply) => {
    const missing = options.notReady?.() ?? [];
    return missing.length === 0 ? 'ok' : reply.code(503).send(`not ready: ${missing.join('; ')}`);
  });
  server.get('/aya/v1/status', async (_request, reply) => {
    if (!options.status) return refuse(reply, noSuchPath('GET /aya/v1/status'));
    return reply.send(options.status());
  });
  registerDiscovery(server, options.version);
  registerResources(server, context);

  const url = await server.listen({ host: options.host, port: options.port });
  const settler: Settler = startSettler(context);
  return {
    url,
    fleetChanged: () => settler.fleetChanged(),
    async close() {
      settler.close();
      await server.close();
    },
  };
}

/**
 * Only JSON: a form of another site may send text/plain here without asking first, but not these types (CORS preflight).
 */
function acceptJsonOnly(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'ignore');
  server.removeAllContentTypeParsers();
  const types = ['application/json', mergePatchType, jsonPatchType, strategicPatchType];
  server.addContentTypeParser(types, { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body as string, done);
  });
  // So that server-side apply is refused by the patch code, in words that help.
  server.addContentTypeParser('application/apply-patch+yaml', { parseAs: 'string' }, (_request, _body, done) =>
    done(null, {}),
  );
}

function asFailure(error: Error & { statusCode?: number; code?: string }, contentType: string | undefined): Failure {
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    if (contentType?.includes('protobuf')) {
      return unsupportedMediaType(
        'protobuf bodies are not supported: write a file and use kubectl apply or create -f FILE',
      );
    }
    return unsupportedMediaType(`the body must be application/json; got ${contentType ?? 'no content-type'}`);
  }
  if (error.statusCode === 413)
    return new Failure(413, 'RequestEntityTooLarge', `the body is larger than ${bodyLimit} bytes`);
  if (error.statusCode !== undefined && error.statusCode < 500) return badRequest(error.message);
  return new Failure(500, 'InternalError', 'the server failed; its log says why');
}

/** EndpointSlices of registered workloads are the registry's (decision D23). */
function registeredBy(object: AnyObject): string | undefined {
  if (object.kind !== 'EndpointSlice' || object.metadata.labels?.[managedByLabel] !== registryManager) return undefined;
  return `it stands for registered workloads and is written by the registry alone; for endpoints of your own leave out the label ${managedByLabel}`;
}
