/**
 * A control plane that changes its mind: a delta xDS server of twenty services whose every change gives one cluster, its endpoints and
 * the routes new content. As a program, pinned to a core by the row that needs it:
 *
 *   node test/bench/ads.ts CHANGES_PER_SECOND BACKEND_PORT...      prints its port, then after each acknowledgement how many changes are
 *                                                                  in force
 */
import process from 'node:process';
import { createRpcServer, type ServerStream } from '../../shared/rpc/server.ts';
import { systemClock } from '../../shared/time/clock.ts';
import { encode, pack } from '../../shared/xds/codec.ts';
import { fromJson } from '../../shared/xds/json.ts';
import type { DeltaDiscoveryRequest, Messages } from '../../shared/xds/messages.gen.ts';
import { CLUSTER, ENDPOINT, nameOf, ROUTE } from '../../shared/xds/type-url.ts';
import { assignmentOf, clusterOf, routeOf } from './bootstrap.ts';

const services = 20;
const [changesPerSecond = 0, ...backends] = process.argv.slice(2).map(Number);

type Json = Readonly<Record<string, unknown>>;

const names = ['backend', ...Array.from({ length: services - 1 }, (_, at) => `service-${at}`)];
const ads = { ads: {}, resource_api_version: 'V3' };

/** Resources of one type in a version; what `version` changes is real but harmless: a timeout, a weight, a limit. */
function resources(type: string, version: number): Map<string, Json> {
  switch (type) {
    case CLUSTER:
      return new Map(
        names.map((name, at) => [
          name,
          {
            ...clusterOf(name),
            type: 'EDS',
            eds_cluster_config: { eds_config: ads },
            // The one that is called changes every time, the others never.
            ...(at === 0 && { outlier_detection: { consecutive_5xx: 5 + (version % 2), interval: '10s' } }),
          },
        ]),
      );
    case ENDPOINT:
      return new Map(names.map((name, at) => [name, weighted(assignmentOf(name, backends), at === 0 ? version : 0)]));
    case ROUTE:
      return new Map([['bench', routesOf(version)]]);
    default:
      return new Map();
  }
}

function weighted(assignment: Json, version: number): Json {
  const [locality] = assignment.endpoints as [{ lb_endpoints: Json[] }];
  const weighed = locality.lb_endpoints.map((each, at) => ({
    ...each,
    load_balancing_weight: at === 0 ? 100 + (version % 2) : 100,
  }));
  return { ...assignment, endpoints: [{ lb_endpoints: weighed }] };
}

function routesOf(version: number): Json {
  const host = (name: string, domain: string): Json => ({
    name,
    domains: [domain],
    routes: [{ ...routeOf(name), ...(name === 'backend' && { match: { prefix: '/' } }) }],
  });
  const [first, ...others] = names;
  const route = routeOf(first ?? '') as { route: Json };
  const changing = { ...route, route: { ...route.route, timeout: `${15 + (version % 2)}s` } };
  return {
    name: 'bench',
    virtual_hosts: [
      { name: 'backend', domains: ['*'], routes: [changing] },
      ...others.map((name) => host(name, `${name}.example`)),
    ],
  };
}

/** One subscriber, one type: at most one response that is not acknowledged. */
class Subscription {
  #wanted: ReadonlySet<string> | 'all' = 'all';
  #sent = -1;
  #acknowledged = -1;
  readonly #stream: ServerStream;
  readonly #type: string;

  constructor(stream: ServerStream, type: string) {
    this.#stream = stream;
    this.#type = type;
  }

  heard(request: DeltaDiscoveryRequest, version: number): void {
    if (request.error_detail) throw new Error(`refused: ${request.error_detail.message}`);
    const names = request.resource_names_subscribe;
    const more = names.length > 0 && !names.includes('*');
    if (more) this.#wanted = new Set([...(this.#wanted === 'all' ? [] : this.#wanted), ...names]);
    if (request.response_nonce) {
      this.#acknowledged = Number(request.response_nonce);
      console.log(this.#acknowledged);
    }
    if (more || this.#sent < 0) this.#send(version, true);
    else this.changed(version);
  }

  changed(version: number): void {
    if (this.#sent >= 0 && this.#acknowledged === this.#sent && version > this.#sent) this.#send(version, false);
  }

  #send(version: number, all: boolean): void {
    const type = nameOf(this.#type) as keyof Messages;
    const wanted = this.#wanted;
    const chosen = [...resources(this.#type, version)].filter(
      ([name], at) => (wanted === 'all' || wanted.has(name)) && (all || at === 0),
    );
    this.#sent = version;
    const response = {
      type_url: this.#type,
      nonce: String(version),
      resources: chosen.map(([name, json]) => {
        const { message, problems } = fromJson(type, json);
        if (problems.length > 0) throw new Error(problems.join('; '));
        return { name, version: String(version), resource: pack(type, message) };
      }),
    };
    this.#stream.write(encode('envoy.service.discovery.v3.DeltaDiscoveryResponse', response));
  }
}

let version = 0;
const subscriptions = new Set<Map<string, Subscription>>();
const server = createRpcServer(
  {
    DeltaAggregatedResources: (stream) => {
      const types = new Map<string, Subscription>();
      subscriptions.add(types);
      return {
        onMessage(request) {
          const type = request.type_url ?? '';
          const subscription = types.get(type) ?? new Subscription(stream, type);
          types.set(type, subscription);
          subscription.heard(request, version);
        },
        onClose: () => subscriptions.delete(types),
      };
    },
  },
  systemClock,
);
console.log(await server.listen('127.0.0.1', 0));
if (changesPerSecond > 0) {
  systemClock.every(1_000 / changesPerSecond, () => {
    version += 1;
    for (const types of subscriptions) for (const each of types.values()) each.changed(version);
  });
}
