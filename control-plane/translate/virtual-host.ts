import { createHash } from 'node:crypto';
import { encode } from '../../shared/xds/codec.ts';
import { VIRTUAL_HOST } from '../../shared/xds/type-url.ts';
import type { Caller } from './caller.ts';
import type { ServiceEntry } from './catalog.ts';
import { grpcWebOf } from './grpc-web.ts';
import { carriesTcp } from './levels.ts';
import type { Draft, Message } from './message.ts';
import { clusterName, hostsOf, virtualHostName } from './names.ts';
import type { Note } from './problem.ts';
import { defaultPort, httpPorts, protocolOf } from './protocol.ts';
import { type Route, routesOf } from './routes.ts';

export type VirtualHost = Message<'envoy.config.route.v3.VirtualHost'>;

const vhost = 'envoy.config.route.v3.VirtualHost';

/**
 * The virtual hosts of a service: one per port that speaks HTTP, and for Aya's sidecars one per other port, too. A host without a port means the default port; where there
 * is none, a virtual host of its own says which ports there are.
 */
export function virtualHostsOf(entry: ServiceEntry, caller: Caller, note: Note): Draft[] {
  const { name, namespace } = entry.service.metadata;
  const hosts = hostsOf(name, namespace, caller.namespace);
  const standard = defaultPort(entry.service);
  const ports = httpPorts(entry.service);
  const drafts = ports.map((port) => {
    const withPort = hosts.map((host) => `${host}:${port.port}`);
    const domains = port === standard ? [...hosts, ...withPort] : withPort;
    const cluster = clusterName(name, namespace, port.port);
    const tunnel = carriesTcp(caller) ? [connectRoute(cluster)] : [];
    const routes = [...routesOf(entry, port, caller, note), ...tunnel];
    return draft(cluster, domains, { domains, routes, ...grpcWebOf(entry, port, caller) });
  });
  if (carriesTcp(caller)) drafts.push(...tunnelsOf(entry, hosts));
  if (standard || ports.length === 0) return drafts;
  const choice = ports.map(({ port }) => `${name}.${namespace}:${port}`).join(', ');
  const text = `${name}.${namespace} has no port 80 and several others: name one of ${choice}\n`;
  const answer = { match: { prefix: '/' }, direct_response: { status: 404, body: { inline_string: text } } };
  return [
    ...drafts,
    draft(`${name}.${namespace}`, hosts, { domains: hosts, routes: [{ name: 'no-port', ...answer }] }),
  ];
}

/** Ports that do not speak HTTP: a program reaches them by CONNECT through its sidecar, the port named. */
function tunnelsOf({ service }: ServiceEntry, hosts: readonly string[]): Draft[] {
  const { name, namespace } = service.metadata;
  return service.spec.ports
    .filter((port) => protocolOf(port) === 'tcp')
    .map(({ port }) => {
      const domains = hosts.map((host) => `${host}:${port}`);
      const cluster = clusterName(name, namespace, port);
      return draft(cluster, domains, { domains, routes: [connectRoute(cluster)] });
    });
}

/** CONNECT: the bytes of the connection go to an endpoint as they are. */
export function connectRoute(cluster: string): Route {
  return {
    name: 'connect',
    match: { connect_matcher: {} },
    route: {
      cluster,
      timeout: { seconds: 0 },
      // Nothing was sent yet, so another endpoint may be tried.
      retry_policy: { retry_on: 'connect-failure', num_retries: { value: 1 } },
      upgrade_configs: [{ upgrade_type: 'CONNECT', connect_config: {} }],
    },
  };
}

/**
 * The only virtual host of a gRPC client's route configuration. grpc-js acknowledges, yet ignores, an update in which only
 * map entries or bytes changed; a hash of the content in the name makes it look.
 */
export function grpcVirtualHost(routes: VirtualHost['routes'], name: string): VirtualHost {
  const content = encode(vhost, { domains: ['*'], routes });
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 8);
  return { name: `${name}/${hash}`, domains: ['*'], routes };
}

function draft(name: string, domains: readonly string[], message: VirtualHost): Draft {
  const own = virtualHostName(name);
  const aliases = domains.map(virtualHostName).filter((alias) => alias !== own);
  return { type: VIRTUAL_HOST, name: own, aliases, message: { name: own, ...message } };
}
