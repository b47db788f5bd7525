import type { FastifyInstance } from 'fastify';
import { apiGroup, coreVersions, groupList, resourceList, versionDocument } from './discovery.ts';
import { noSuchPath } from './failure.ts';
import { openApiJson, openApiProto, openApiProtoType } from './openapi.ts';
import { refuse } from './refuse.ts';

/** How clients find out what this server can do. */
export function registerDiscovery(server: FastifyInstance, version: string): void {
  server.get('/version', async () => versionDocument(version));
  server.get('/api', async () => coreVersions);
  server.get('/apis', async () => groupList);
  server.get('/api/v1', async () => resourceList('', 'v1'));
  server.get<{ Params: { group: string } }>('/apis/:group', async (request, reply) => {
    return apiGroup(request.params.group) ?? refuse(reply, noSuchPath(request.url));
  });
  server.get<{ Params: { group: string; version: string } }>('/apis/:group/:version', async (request, reply) => {
    const { group, version } = request.params;
    return resourceList(group, version) ?? refuse(reply, noSuchPath(request.url));
  });
  server.get('/openapi/v2', async (request, reply) => {
    const wantsJson = !(request.headers.accept ?? '').includes('protobuf');
    return wantsJson ? openApiJson : reply.type(openApiProtoType).send(openApiProto);
  });
}
