import type { Random } from '../../shared/struct/random.ts';
import type { Cluster } from '../../sidecar/cluster/cluster.ts';
import type { LiveEndpoint } from '../../sidecar/cluster/live-endpoint.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';

/** Mean time of service, ms. */
const SERVICE = 10;

interface Departure {
  readonly at: number;
  readonly began: number;
  readonly server: Server;
}

/** An endpoint as a queue: `slots` requests are served at once, the others wait in order. */
interface Server {
  readonly endpoint: LiveEndpoint;
  readonly slots: number;
  busy: number;
  /** When each of those that wait came. */
  readonly waiting: number[];
  served: number;
}

export interface Outcome {
  /** By endpoint: share of the requests over share of the weight. */
  readonly shares: readonly number[];
  /** Requests under way when the next one came, on average. */
  readonly meanActive: number;
}

export interface Queueing {
  /** How many requests an endpoint serves at once, per weight. */
  readonly perWeight?: number;
  /** Every request takes as long as every other, instead of exponential times. */
  readonly steady?: boolean;
  /** Told the time; for clusters that look at it. */
  readonly clock?: { now: number };
}

/**
 * Open-loop load in virtual time: Poisson arrivals at `load` times the capacity, service of mean 10 ms, and endpoints that
 * serve 8 x weight requests at once. Meters see each answer when it comes, with 1,000 bytes.
 */
export function simulate(
  cluster: Cluster,
  weights: readonly number[],
  load: number,
  requests: number,
  random: Random,
  { perWeight = 8, steady = false, clock = { now: 0 } }: Queueing = {},
): Outcome {
  const servers = new Map<LiveEndpoint, Server>();
  cluster.set.endpoints.forEach((endpoint, index) => {
    const slots = perWeight * (weights[index] ?? 1);
    servers.set(endpoint, { endpoint, slots, busy: 0, waiting: [], served: 0 });
  });
  const capacity = [...servers.values()].reduce((sum, each) => sum + each.slots, 0);
  const exponential = (): number => -SERVICE * Math.log(1 - random());
  const departures: Departure[] = [];
  const serve = (server: Server, now: number, began: number): void => {
    server.busy += 1;
    push(departures, { at: now + (steady ? SERVICE : exponential()), server, began });
  };
  let { now } = clock;
  let active = 0;
  let activeSum = 0;
  for (let count = 0; count < requests; count += 1) {
    now += exponential() / (capacity * load);
    for (let next = departures[0]; next && next.at <= now; next = departures[0]) {
      pop(departures);
      const { server } = next;
      server.busy -= 1;
      active -= 1;
      clock.now = next.at;
      server.endpoint.meter?.head(200, HeaderList.of(), next.at - next.began, next.at);
      server.endpoint.meter?.bytes(1000, next.at);
      server.endpoint.end();
      const began = server.waiting.shift();
      if (began !== undefined) serve(server, next.at, began);
    }
    clock.now = now;
    activeSum += active;
    const endpoint = cluster.pick(null, 0);
    const server = endpoint && servers.get(endpoint);
    if (!server) throw new Error('nobody to pick');
    server.endpoint.begin();
    server.served += 1;
    active += 1;
    if (server.busy < server.slots) serve(server, now, now);
    else server.waiting.push(now);
  }
  for (const { server } of departures) server.endpoint.end();
  for (const server of servers.values()) for (const _ of server.waiting) server.endpoint.end();
  const total = weights.reduce((left, right) => left + right, 0);
  return {
    shares: [...servers.values()].map((each, index) => (each.served * total) / (requests * (weights[index] ?? 1))),
    meanActive: activeSum / requests,
  };
}

/** A binary heap by `at`. */
function push(heap: Departure[], entry: Departure): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if ((heap[parent] as Departure).at <= entry.at) break;
    heap[at] = heap[parent] as Departure;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Departure[]): void {
  const last = heap.pop() as Departure;
  if (heap.length === 0) return;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && (heap[child + 1] as Departure).at < (heap[child] as Departure).at) child += 1;
    if (last.at <= (heap[child] as Departure).at) break;
    heap[at] = heap[child] as Departure;
    at = child;
  }
  heap[at] = last;
}
