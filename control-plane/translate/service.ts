import type { ServicePort } from '../model/service.ts';
import type { Caller } from './caller.ts';
import type { ServiceEntry } from './catalog.ts';
import { clusterOf, emptyCluster } from './cluster.ts';
import { endpointsOf, noEndpoints } from './endpoints.ts';
import { faultAssignmentOf } from './fault.ts';
import { apiListener } from './listener.ts';
import type { Draft } from './message.ts';
import { clusterName, hostsOf, parseHost } from './names.ts';
import type { Note } from './problem.ts';
import { defaultPort, protocolOf } from './protocol.ts';
import { grpcRoutes } from './route-configuration.ts';
import { ending, type Route, routesOf } from './routes.ts';
import { grpcVirtualHost, virtualHostsOf } from './virtual-host.ts';

/** All resources about one service for one caller. */
export function translateService(entry: ServiceEntry, caller: Caller, note: Note): Draft[] {
  for (const ignored of entry.policies.slice(1)) {
    const [winner] = entry.policies;
    note(ignored, `${entry.key} already has TrafficPolicy ${winner?.metadata.name}, which is older: no effect there`);
  }
  const { kind } = caller;
  const ports = entry.service.spec.ports;
  const clusters = ports.flatMap((port) => [clusterOf(entry, port, caller, note), endpointsOf(entry, port)]);
  if (kind === 'grpc') return [...clusters, ...ports.flatMap((port) => grpcPort(entry, port, caller, note))];
  const hosts = virtualHostsOf(entry, caller, note);
  return kind === 'aya' ? [...clusters, ...hosts, ...faultAssignmentOf(entry, caller)] : [...clusters, ...hosts];
}

/** One listener for each way to write the target, all with the same routes. */
function grpcPort(entry: ServiceEntry, port: ServicePort, caller: Caller, note: Note): Draft[] {
  if (protocolOf(port) === 'tcp') return [];
  const { name, namespace } = entry.service.metadata;
  const canonical = clusterName(name, namespace, port.port);
  const hosts = hostsOf(name, namespace, caller.namespace);
  const targets = hosts.map((host) => `${host}:${port.port}`);
  const routes = grpcVirtualHost(exhaustive(routesOf(entry, port, caller, note)), canonical);
  return [
    ...(port === defaultPort(entry.service) ? [...hosts, ...targets] : targets).map((each) =>
      apiListener(each, canonical),
    ),
    grpcRoutes(canonical, routes),
  ];
}

/** With a last route for whatever has none. */
function exhaustive(routes: readonly Route[]): Route[] {
  const last = routes.at(-1)?.match;
  const all = last?.prefix === '' && (last.headers ?? []).length === 0;
  return all ? [...routes] : [...routes, ending({ name: 'otherwise', match: { prefix: '' } })];
}

/**
 * What a gRPC client gets for a target that does not exist. gRPC clients wait long for what they are not given, and those
 * that lose a listener stay dead when it comes back: so every target has one, and only the endpoints come and go.
 */
export function absentTarget(target: string, caller: Caller): Draft[] {
  const host = parseHost(target, caller.namespace);
  if (caller.kind !== 'grpc' || !host) return [];
  const canonical = clusterName(host.service, host.namespace, host.port ?? 80);
  const routes = [{ name: 'absent', match: { prefix: '' }, route: { cluster: canonical } }];
  return [
    emptyCluster(canonical),
    noEndpoints(canonical),
    apiListener(target, canonical),
    grpcRoutes(canonical, grpcVirtualHost(routes, canonical)),
  ];
}
