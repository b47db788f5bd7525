import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { apiVersionOf, type Kind, kinds } from '../model/kinds.ts';
import { label } from '../model/names.ts';
import { Problems, problemText } from '../model/problem.ts';
import { storeKey, storePrefix } from '../model/stored.ts';
import type { Admitted, Refusable, WriteOptions } from './admission.ts';
import type { ApiContext } from './context.ts';
import { badRequest, Failure, methodNotAllowed, notFound } from './failure.ts';
import { listNamespaces, namespaceDocument } from './namespaces.ts';
import { present } from './present.ts';
import { refuse } from './refuse.ts';
import { type Selection, selectorOf } from './selector.ts';
import { type View, viewFor } from './view.ts';
import { startWatch } from './watch.ts';
import { create, deleteOptions, patch, remove, replace, type Target } from './write.ts';

interface Query extends Selection {
  watch?: string;
  resourceVersion?: string;
  allowWatchBookmarks?: string;
  sendInitialEvents?: string;
  timeoutSeconds?: string;
  dryRun?: string;
  fieldValidation?: string;
}

interface Route {
  Params: { namespace?: string; name?: string };
  Querystring: Query;
}

type Request = FastifyRequest<Route>;

/** The paths of every kind: Kubernetes API conventions, "Resources". */
export function registerResources(server: FastifyInstance, context: ApiContext): void {
  for (const kind of kinds) registerKind(server, context, kind);
  server.get('/api/v1/namespaces', async () => listNamespaces(context));
  server.get<Route>('/api/v1/namespaces/:namespace', async (request, reply) => {
    const wrong = badNamespace(request);
    return wrong ? refuse(reply, wrong) : namespaceDocument(request.params.namespace ?? '');
  });
  for (const url of ['/api/v1/namespaces', '/api/v1/namespaces/:namespace']) {
    server.route({
      method: ['POST', 'PUT', 'PATCH', 'DELETE'],
      url,
      handler: (_request, reply) =>
        refuse(
          reply,
          methodNotAllowed('namespaces exist by themselves as soon as something is in them: leave them out'),
        ),
    });
  }
}

function registerKind(server: FastifyInstance, context: ApiContext, kind: Kind): void {
  const root = kind.group === '' ? '/api/v1' : `/apis/${apiVersionOf(kind)}`;
  const all = `${root}/${kind.plural}`;
  const collection = `${root}/namespaces/:namespace/${kind.plural}`;
  const item = `${collection}/:name`;

  const read = (request: Request, reply: FastifyReply) => listOrWatch(context, kind, request, reply);
  server.get<Route>(all, read);
  server.get<Route>(collection, read);
  server.post<Route>(collection, (request, reply) =>
    write(context, request, reply, 201, (options) =>
      create(context, kind, request.params.namespace ?? '', request.body, options),
    ),
  );
  server.delete<Route>(collection, (request, reply) => removeAll(context, kind, request, reply));

  server.delete<Route>(item, (request, reply) => removeOne(context, kind, request, reply));
  for (const status of kind.status ? [false, true] : [false]) {
    const url = status ? `${item}/status` : item;
    const target = ({ params }: Request): Target => ({
      kind,
      namespace: params.namespace ?? '',
      name: params.name ?? '',
      status,
    });
    server.put<Route>(url, (request, reply) =>
      write(context, request, reply, 200, (options) => replace(context, target(request), request.body, options)),
    );
    server.patch<Route>(url, (request, reply) =>
      write(context, request, reply, 200, (options) => {
        const change = { body: request.body, contentType: request.headers['content-type'] ?? '' };
        return patch(context, target(request), change, options);
      }),
    );
    server.get<Route>(url, (request, reply) => readOne(context, kind, request, reply));
  }
}

function readOne(context: ApiContext, kind: Kind, request: Request, reply: FastifyReply): FastifyReply {
  const { namespace = '', name = '' } = request.params;
  const object = context.objects.cache.get(storeKey(kind, namespace, name));
  return object ? reply.send(view(context, kind, request).one(object)) : refuse(reply, notFound(kind, name));
}

function view(context: ApiContext, kind: Kind, request: Request): View {
  return viewFor(context, kind, request.headers.accept);
}

function listOrWatch(context: ApiContext, kind: Kind, request: Request, reply: FastifyReply): FastifyReply | undefined {
  const { query } = request;
  const { namespace } = request.params;
  const selector = selectorOf(query);
  if (selector instanceof Failure) return refuse(reply, selector);
  if (isTrue(query.watch)) {
    const from = revision(query.resourceVersion);
    if (from instanceof Failure) return refuse(reply, from);
    const timeout = query.timeoutSeconds === undefined ? undefined : Number(query.timeoutSeconds);
    if (timeout !== undefined && !(timeout >= 0)) return refuse(reply, badRequest('timeoutSeconds must be a number'));
    const refused = startWatch(
      context,
      {
        kind,
        namespace,
        selector,
        from,
        bookmarks: isTrue(query.allowWatchBookmarks),
        initialEvents: isTrue(query.sendInitialEvents),
        timeout,
        view: view(context, kind, request),
      },
      reply.raw,
    );
    if (refused) return refuse(reply, refused);
    reply.hijack();
    return undefined;
  }
  const items = context.objects.cache.list(storePrefix(kind, namespace)).filter((each) => selector(each.metadata));
  return reply.send(view(context, kind, request).list(items));
}

async function write(
  context: ApiContext,
  request: Request,
  reply: FastifyReply,
  code: number,
  work: (options: WriteOptions) => Promise<Refusable<Admitted>>,
): Promise<FastifyReply> {
  const options = badNamespace(request) ?? writeOptions(request.query);
  if (options instanceof Failure) return refuse(reply, options);
  const admitted = await work(options);
  if (admitted instanceof Failure) return refuse(reply, admitted);
  // RFC 7234 5.5 as Kubernetes uses it: kubectl prints these.
  if (admitted.warnings.length > 0) {
    reply.header(
      'warning',
      admitted.warnings.map((each) => `299 - ${JSON.stringify(each)}`),
    );
  }
  return reply.code(code).send(present(context, admitted.object));
}

async function removeOne(
  context: ApiContext,
  kind: Kind,
  request: Request,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { namespace = '', name = '' } = request.params;
  const options = writeOptions(request.query, request.body);
  if (options instanceof Failure) return refuse(reply, options);
  const asked = deleteOptions(request.body);
  if (asked instanceof Failure) return refuse(reply, asked);
  const removed = await remove(context, { kind, namespace, name, status: false }, asked, options);
  if (removed instanceof Failure) return refuse(reply, removed);
  if (removed.metadata.deletionTimestamp !== undefined) return reply.send(present(context, removed));
  const details = { name, group: kind.group, kind: kind.plural, uid: removed.metadata.uid };
  return reply.send({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
}

/** What was refused stays, and is answered with; what was deleted before it is deleted. */
async function removeAll(
  context: ApiContext,
  kind: Kind,
  request: Request,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const selector = selectorOf(request.query);
  const options = writeOptions(request.query, request.body);
  if (selector instanceof Failure) return refuse(reply, selector);
  if (options instanceof Failure) return refuse(reply, options);
  const { namespace = '' } = request.params;
  const chosen = context.objects.cache.list(storePrefix(kind, namespace)).filter((each) => selector(each.metadata));
  const results = await Promise.all(
    chosen.map(({ metadata }) => remove(context, { kind, namespace, name: metadata.name, status: false }, {}, options)),
  );
  const refused = results.find((each) => each instanceof Failure && each.code !== 404);
  if (refused instanceof Failure) return refuse(reply, refused);
  return reply.send(view(context, kind, request).list(chosen));
}

function writeOptions(query: Query, body?: unknown): WriteOptions | Failure {
  const { fieldValidation = 'Strict' } = query;
  const asked = typeof body === 'object' && body !== null && 'dryRun' in body ? body.dryRun : undefined;
  const dryRun = query.dryRun ?? (Array.isArray(asked) ? asked[0] : undefined) ?? '';
  if (dryRun !== '' && dryRun !== 'All') return badRequest(`dryRun must be All; got ${JSON.stringify(dryRun)}`);
  if (fieldValidation !== 'Strict' && fieldValidation !== 'Warn' && fieldValidation !== 'Ignore') {
    return badRequest(`fieldValidation must be Strict, Warn or Ignore; got ${JSON.stringify(fieldValidation)}`);
  }
  return { dryRun: dryRun === 'All', unknownFields: fieldValidation };
}

function badNamespace(request: Request): Failure | undefined {
  const problems = new Problems();
  label(request.params.namespace, 'namespace', problems);
  const [first] = problems.all;
  return first && badRequest(problemText(first));
}

function revision(text: string | undefined): number | undefined | Failure {
  if (text === undefined || text === '' || text === '0') return undefined;
  return /^\d+$/.test(text)
    ? Number(text)
    : badRequest(`resourceVersion ${JSON.stringify(text)} is not one of this server`);
}

function isTrue(text: string | undefined): boolean {
  return text === 'true' || text === '1';
}
