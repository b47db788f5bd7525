import { isIP } from 'node:net';
import { CLUSTER, VIRTUAL_HOST } from '../../shared/xds/type-url.ts';
import type { Caller } from './caller.ts';
import { carriesTcp } from './levels.ts';
import type { Draft, Message } from './message.ts';
import { virtualHostName } from './names.ts';
import { connectRoute } from './virtual-host.ts';

/** Clusters of destinations outside of the mesh; no service can have such a name. */
const prefix = 'outside/';
/** A request that comes back to a sidecar by which it left the mesh would do so for ever. */
const left = 'x-aya-left-mesh';
const connectTimeout = { seconds: 5 };
const refreshRate = { seconds: 30 };

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

interface Outside {
  readonly host: string;
  readonly port: number;
}

/**
 * What a sidecar gets for a name that no service of the mesh has, where callers may leave the mesh: undefined when it can only
 * mean a service. `isNamespace` tells `cart.shop` from `example.com`.
 */
export function outsideResource(
  type: string,
  name: string,
  caller: Caller,
  isNamespace: (name: string) => boolean,
): Draft | undefined {
  if (!carriesTcp(caller)) return undefined;
  const start = type === CLUSTER ? prefix : virtualHostName('');
  if (!name.startsWith(start) || (type !== CLUSTER && type !== VIRTUAL_HOST)) return undefined;
  const found = outsideOf(name.slice(start.length), isNamespace);
  if (!found) return undefined;
  return type === CLUSTER ? clusterOf(found) : hostOf(found);
}

/** The destination that an authority names; port 80 when it names none. */
export function outsideOf(text: string, isNamespace: (name: string) => boolean): Outside | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3] ?? 80);
  if (!match || port < 1 || port > 65_535) return undefined;
  if (match[1] === undefined ? isIP(host) === 4 : isIP(host) === 6) return { host, port };
  const labels = host.split('.');
  if (match[1] !== undefined || host.length > 253 || !labels.every((each) => label.test(each))) return undefined;
  const [, second = '', third] = labels;
  // One label is a service of the caller's namespace; the longer names of services end like this.
  if (labels.length === 1 || third === 'svc' || (labels.length === 2 && isNamespace(second))) return undefined;
  return { host, port };
}

const authorityOf = ({ host, port }: Outside): string => `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;

function hostOf(outside: Outside): Draft {
  const authority = authorityOf(outside);
  const plain = authority.slice(0, authority.lastIndexOf(':'));
  const domains = outside.port === 80 ? [authority, plain] : [authority];
  const cluster = `${prefix}${authority}`;
  const message: Message<'envoy.config.route.v3.VirtualHost'> = {
    name: virtualHostName(authority),
    domains,
    request_headers_to_add: [{ header: { key: left, value: '1' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }],
    routes: [
      {
        name: 'loop',
        match: { prefix: '/', headers: [{ name: left, present_match: true }] },
        direct_response: { status: 508, body: { inline_string: `${authority} leads back to a sidecar\n` } },
      },
      {
        name: 'outside',
        match: { prefix: '/' },
        // What is downloaded there takes as long as it takes; idle streams end as all do.
        route: {
          cluster,
          timeout: { seconds: 0 },
          retry_policy: { retry_on: 'connect-failure', num_retries: { value: 1 } },
        },
      },
      connectRoute(cluster),
    ],
  };
  return {
    type: VIRTUAL_HOST,
    name: virtualHostName(authority),
    aliases: domains.slice(1).map(virtualHostName),
    message,
  };
}

function clusterOf(outside: Outside): Draft {
  const name = `${prefix}${authorityOf(outside)}`;
  const address = { socket_address: { address: outside.host, port_value: outside.port } };
  const message: Message<'envoy.config.cluster.v3.Cluster'> = {
    name,
    type: 'STRICT_DNS',
    dns_lookup_family: 'V4_PREFERRED',
    dns_refresh_rate: refreshRate,
    connect_timeout: connectTimeout,
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
  };
  return { type: CLUSTER, name, aliases: [], message };
}
