import type { Input } from '../../shared/xds/canonical.ts';
import { decode, encode, pack } from '../../shared/xds/codec.ts';
import type { DeltaDiscoveryRequest, Messages, Resource } from '../../shared/xds/messages.gen.ts';
import {
  CLUSTER,
  ENDPOINT,
  FAULT_ASSIGNMENT,
  LISTENER,
  nameOf,
  ROUTE,
  VIRTUAL_HOST,
} from '../../shared/xds/type-url.ts';

const ads = { ads: {}, resource_api_version: 'V3' } as const;
const router = {
  name: 'envoy.filters.http.router',
  typed_config: pack('envoy.extensions.filters.http.router.v3.Router', {}),
};

const resource = <T extends keyof Messages>(
  type: T,
  name: string,
  message: Input<Messages[T]>,
  version: string,
): Resource => ({
  name,
  version,
  aliases: [],
  resource: pack(type, message),
});

/** Resources of an imagined mesh, each with a content number that makes it differ. Negative content is not supported. */
export const make: Record<string, (name: string, content: number) => Resource> = {
  [CLUSTER]: (name, content) =>
    resource(
      'envoy.config.cluster.v3.Cluster',
      name,
      {
        name,
        type: 'EDS',
        eds_cluster_config: { eds_config: ads },
        connect_timeout: { seconds: 1 + Math.abs(content) },
        lb_policy: content < 0 ? 'CLUSTER_PROVIDED' : 'ROUND_ROBIN',
      },
      `c${content}`,
    ),
  [ENDPOINT]: (name, content) =>
    resource(
      'envoy.config.endpoint.v3.ClusterLoadAssignment',
      name,
      {
        cluster_name: name,
        endpoints: [
          {
            lb_endpoints: [
              {
                endpoint: {
                  address: {
                    socket_address: { address: content < 0 ? 'x' : '127.0.0.1', port_value: 1 + Math.abs(content) },
                  },
                },
              },
            ],
          },
        ],
      },
      `e${content}`,
    ),
  [LISTENER]: (name, content) =>
    resource(
      'envoy.config.listener.v3.Listener',
      name,
      {
        name,
        address: { socket_address: { address: '127.0.0.1', port_value: 1 + Math.abs(content) } },
        ...(content < 0 && { api_listener: {} }),
        filter_chains: [
          {
            filters: [
              {
                name: 'http',
                typed_config: pack(
                  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                  {
                    stat_prefix: name,
                    rds: { config_source: ads, route_config_name: content % 2 === 0 ? name : 'other' },
                    http_filters: [router],
                  },
                ),
              },
            ],
          },
        ],
      },
      `l${content}`,
    ),
  [ROUTE]: (name, content) =>
    resource(
      'envoy.config.route.v3.RouteConfiguration',
      name,
      {
        name,
        ...(name === 'outbound' && { vhds: { config_source: ads } }),
        most_specific_header_mutations_wins: content < 0,
        virtual_hosts: [virtualHost('inline', content)],
      },
      `r${content}`,
    ),
  [VIRTUAL_HOST]: (name, content) => ({
    ...resource('envoy.config.route.v3.VirtualHost', name, virtualHost(name, content), `v${content}`),
    aliases: [`${name}.default`],
  }),
  [FAULT_ASSIGNMENT]: (name, content) => ({
    ...resource(
      'aya.v1.FaultAssignment',
      name,
      {
        rules: [
          { policy: `p${content}`, abort: { http_status: content < 0 ? 99 : 503, percentage: { numerator: 1 } } },
        ],
      },
      `f${content}`,
    ),
    ttl: { seconds: 1_000, nanos: 0 },
  }),
};

/** Names one of the clusters a, b and c, by its content. */
function virtualHost(name: string, content: number): Input<Messages['envoy.config.route.v3.VirtualHost']> {
  const host = name.slice(name.indexOf('/') + 1);
  const cluster = ['a', 'b', 'c'][Math.abs(content) % 3] ?? 'a';
  return {
    name,
    domains: name === 'inline' ? ['inline'] : [host, `${host}.default`],
    include_request_attempt_count: content % 2 === 0,
    routes: [{ match: { prefix: '/' }, route: { cluster, ...(content < 0 && { priority: 'HIGH' }) } }],
  };
}

interface Subscribed {
  wildcard: boolean;
  /** Names asked for that are not answered yet. */
  readonly fresh: Set<string>;
  readonly names: Set<string>;
  /** Versions that the client has or was sent, by canonical name. */
  readonly held: Map<string, string>;
}

/** A response as a model server makes it, with what it made it of. */
export interface ModelResponse {
  readonly type_url: string;
  readonly nonce: string;
  readonly resources: Resource[];
  readonly removed_resources: string[];
}

/**
 * A delta server as the protocol describes it, that answers when and as often as it is told to. Its own bookkeeping takes
 * what was sent for taken, also when it was refused, so it sends a resource again only when the content changes.
 */
export class ModelServer {
  readonly #content = new Map<string, Map<string, number>>();
  #subscribed = new Map<string, Subscribed>();
  #nonce = 0;

  set(type: string, name: string, content: number | undefined): void {
    const all = this.#content.get(type) ?? new Map<string, number>();
    this.#content.set(type, all);
    if (content === undefined) all.delete(name);
    else all.set(name, content);
  }

  /** Everything bad becomes good. */
  heal(): void {
    for (const all of this.#content.values())
      for (const [name, content] of all) if (content < 0) all.set(name, -content);
  }

  all(type: string): Resource[] {
    return [...(this.#content.get(type) ?? [])].map(([name, content]) => made(type, name, content));
  }

  find(type: string, asked: string): Resource | undefined {
    return this.all(type).find((each) => each.name === asked || each.aliases.includes(asked));
  }

  connected(): void {
    this.#subscribed = new Map();
  }

  request(request: DeltaDiscoveryRequest): void {
    const type = request.type_url ?? '';
    let subscribed = this.#subscribed.get(type);
    if (!subscribed) {
      const held = new Map(Object.entries(request.initial_resource_versions));
      subscribed = { wildcard: false, fresh: new Set(), names: new Set(), held };
      this.#subscribed.set(type, subscribed);
    }
    for (const name of request.resource_names_subscribe) {
      if (name === '*') subscribed.wildcard = true;
      else subscribed.names.add(name);
      subscribed.fresh.add(name);
    }
    for (const name of request.resource_names_unsubscribe) {
      subscribed.names.delete(name);
      subscribed.fresh.delete(name);
      const canonical = this.find(type, name)?.name ?? name;
      const still = [...subscribed.names].some((each) => this.find(type, each)?.name === canonical);
      if (!still) subscribed.held.delete(canonical);
    }
  }

  /** Types that were asked for. */
  get types(): string[] {
    return [...this.#subscribed.keys()];
  }

  /** What the client lacks of a type, or with `again` everything it may have; undefined when there is nothing to say. */
  respond(type: string, again = false): ModelResponse | undefined {
    const subscribed = this.#subscribed.get(type);
    if (!subscribed) return undefined;
    const wanted = new Map<string, Resource>();
    const removed: string[] = [];
    if (subscribed.wildcard) for (const each of this.all(type)) wanted.set(each.name ?? '', each);
    for (const name of subscribed.names) {
      const found = this.find(type, name);
      if (found) wanted.set(found.name ?? '', found);
      else if (subscribed.fresh.has(name) || again) removed.push(name);
    }
    const fresh = new Set([...subscribed.fresh].map((name) => this.find(type, name)?.name ?? name));
    const resources = [...wanted.values()].filter(
      (each) => again || fresh.has(each.name ?? '') || subscribed.held.get(each.name ?? '') !== each.version,
    );
    for (const name of subscribed.held.keys()) if (!wanted.has(name)) removed.push(name);
    if (resources.length === 0 && removed.length === 0 && subscribed.fresh.size === 0) return undefined;
    subscribed.fresh.clear();
    for (const each of resources) subscribed.held.set(each.name ?? '', each.version ?? '');
    for (const name of removed) subscribed.held.delete(name);
    this.#nonce += 1;
    return { type_url: type, nonce: String(this.#nonce), resources, removed_resources: removed };
  }

  /** A response with things nobody asked for. */
  nonsense(type: string): ModelResponse {
    this.#nonce += 1;
    const resources = type === CLUSTER || type === LISTENER ? [] : [made(type, 'never-asked', 1)];
    return { type_url: type, nonce: String(this.#nonce), resources, removed_resources: ['never-heard-of'] };
  }
}

function made(type: string, name: string, content: number): Resource {
  const factory = make[type];
  if (!factory) throw new RangeError(`no factory for ${nameOf(type)}`);
  return factory(name, content);
}

/** As it arrives over the wire. */
export function received(response: ModelResponse): Messages['envoy.service.discovery.v3.DeltaDiscoveryResponse'] {
  const type = 'envoy.service.discovery.v3.DeltaDiscoveryResponse';
  return decode(type, encode(type, response));
}
