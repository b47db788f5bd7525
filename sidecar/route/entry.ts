import type { Random } from '../../shared/struct/random.ts';
import { RetryPolicy } from '../cluster/retry/policy.ts';
import type { Exchange } from '../core/exchange.ts';
import type { LocalReply } from '../core/filter.ts';
import type { HeaderList } from '../core/headers.ts';
import type { FilterOverrides } from '../core/plan/filter-override.ts';
import type {
  ForwardPlan,
  HeaderMutations,
  RouteActionPlan,
  RouteConfigPlan,
  RoutePlan,
  VirtualHostPlan,
} from '../core/plan/route.ts';
import { Affinity } from './affinity.ts';
import { HeaderEdits } from './header-edits.ts';
import { responseTest } from './header-match.ts';
import { RouteMatch } from './match.ts';
import { redirectLocation } from './redirect.ts';
import { Rewrite } from './rewrite.ts';
import { Split } from './split.ts';

/** What of a route configuration applies to all its routes. */
export type RouteConfigHeaders = Pick<RouteConfigPlan, 'requestHeaders' | 'responseHeaders'>;

/** One route with all that is decided before a request comes: nothing is looked up by name afterwards. */
export class RouteEntry {
  /** '' when unnamed. */
  readonly name: string;
  readonly virtualHost: string;
  readonly kind: RouteActionPlan['kind'];
  readonly match: RouteMatch;
  /** For redirects and direct responses: the answer. Null for a route that forwards. */
  readonly reply: ((x: Exchange) => LocalReply) | null;
  /** Ms from the end of the request, retries included; 0 = none. */
  readonly timeout: number;
  readonly idleTimeout: number;
  /** Ms from the beginning to the end of the response; 0 = no limit. */
  readonly maxStreamDuration: number;
  /** grpc-timeout is honoured up to so many ms, 0 = whatever it says; null = it is only passed on. */
  readonly grpcTimeoutMax: number | null;
  /** The first attempt's x-envoy-expected-rq-timeout-ms; '' = none. */
  readonly expectedTimeout: string;
  readonly retry: RetryPolicy | null;
  /** Bytes of request body kept for further attempts. */
  readonly bufferLimit: number;
  /** Null = nothing holds requests to an endpoint. */
  readonly affinity: Affinity | null;
  readonly priority: 'default' | 'high';
  readonly clusterNotFoundStatus: 404 | 500 | 503;
  /** CONNECT to it makes a tunnel to an endpoint. */
  readonly connects: boolean;
  /** By protocol whether requests may switch to it; null = as the connection manager says. */
  readonly upgrades: ReadonlyMap<string, boolean> | null;
  /** Attempts carry x-envoy-attempt-count. */
  readonly includeAttemptCount: boolean;
  /** Overrides by filter name; null = none. */
  readonly filterConfig: FilterOverrides | null;
  /** False: `applyRequest` (`applyResponse`) would change nothing and need not be called. */
  readonly needsRequestEdit: boolean;
  readonly needsResponseEdit: boolean;
  readonly #clusters: readonly string[];
  readonly #split: Split | null;
  readonly #clusterHeader: string;
  readonly #rewrite: Rewrite | null;
  /** Per weighted cluster: the levels in the order in which they apply. */
  readonly #requestEdits: readonly (readonly HeaderEdits[])[];
  readonly #responseEdits: readonly (readonly HeaderEdits[])[];

  constructor(plan: RoutePlan, host: VirtualHostPlan, config: RouteConfigHeaders) {
    const { action } = plan;
    const forward = action.kind === 'forward' ? action : null;
    this.name = plan.name;
    this.virtualHost = host.name;
    this.kind = action.kind;
    this.match = new RouteMatch(plan.match);
    this.reply = replyOf(action, this.match);
    this.timeout = forward?.timeout ?? 0;
    this.idleTimeout = forward?.idleTimeout ?? 0;
    this.retry = forward?.retry ? new RetryPolicy(forward.retry, responseTest(forward.retry.headers ?? [])) : null;
    this.maxStreamDuration = forward?.maxStreamDuration ?? 0;
    this.grpcTimeoutMax = forward?.grpcTimeoutMax ?? null;
    const least = Math.min(
      this.timeout || Number.POSITIVE_INFINITY,
      this.retry?.perTryTimeout || Number.POSITIVE_INFINITY,
    );
    this.expectedTimeout = least === Number.POSITIVE_INFINITY ? '' : String(least);
    this.bufferLimit = forward?.bufferLimit ?? 0;
    this.affinity = Affinity.of(forward);
    this.priority = forward?.priority ?? 'default';
    this.clusterNotFoundStatus = forward?.clusterNotFoundStatus ?? 503;
    this.connects = forward?.connect ?? false;
    const upgrades = Object.entries(forward?.upgrades ?? {});
    this.upgrades = upgrades.length === 0 ? null : new Map(upgrades);
    this.includeAttemptCount = host.includeAttemptCount;
    const filters = { ...host.filterConfig, ...plan.filterConfig };
    this.filterConfig = Object.keys(filters).length === 0 ? null : filters;
    this.#clusters = forward?.clusters.map((each) => each.name) ?? [];
    this.#split = this.#clusters.length > 1 ? new Split(forward?.clusters.map((each) => each.weight) ?? []) : null;
    this.#clusterHeader = forward?.clusterHeader ?? '';
    this.#rewrite = forward ? Rewrite.of(forward, this.match.path) : null;
    this.#requestEdits = levels(forward, (each) => each.requestHeaders, plan, host, config);
    this.#responseEdits = levels(forward, (each) => each.responseHeaders, plan, host, config);
    this.needsRequestEdit = this.#rewrite !== null || this.#requestEdits.some((each) => each.length > 0);
    this.needsResponseEdit = this.#responseEdits.some((each) => each.length > 0);
  }

  /** The name of the cluster for this request; '' when a header should name it and does not. Writes `x.choice`. */
  chooseCluster(x: Exchange, random: Random): string {
    if (this.#split) {
      x.choice = this.#split.choose(random);
      return this.#clusters[x.choice] as string;
    }
    if (this.#clusterHeader !== '') return x.headers.get(this.#clusterHeader) ?? '';
    return this.#clusters[0] as string;
  }

  /** Makes the request what the upstream is to see: header mutations, then host, then path (Envoy's order). */
  applyRequest(x: Exchange): void {
    const edits = this.#requestEdits[x.choice] as readonly HeaderEdits[];
    for (let at = 0; at < edits.length; at += 1) (edits[at] as HeaderEdits).apply(x, x.headers, null);
    this.#rewrite?.apply(x);
  }

  /** Header mutations of the response, local replies included. */
  applyResponse(x: Exchange, _status: number, headers: HeaderList): void {
    const edits = this.#responseEdits[x.choice] as readonly HeaderEdits[];
    for (let at = 0; at < edits.length; at += 1) (edits[at] as HeaderEdits).apply(x, headers, headers);
  }
}

/** Envoy's order: weighted cluster, route, virtual host, route configuration; the last one to set a header wins. */
function levels(
  forward: ForwardPlan | null,
  pick: (level: { requestHeaders: HeaderMutations; responseHeaders: HeaderMutations }) => HeaderMutations,
  ...shared: { requestHeaders: HeaderMutations; responseHeaders: HeaderMutations }[]
): HeaderEdits[][] {
  const compiled = shared.map((level) => HeaderEdits.of(pick(level)));
  const heads =
    forward && forward.clusters.length > 0 ? forward.clusters.map((each) => HeaderEdits.of(pick(each))) : [null];
  return heads.map((head) => [head, ...compiled].filter((each) => each !== null));
}

function replyOf(action: RouteActionPlan, match: RouteMatch): ((x: Exchange) => LocalReply) | null {
  if (action.kind === 'forward') return null;
  if (action.kind === 'direct') {
    const reply: LocalReply = { status: action.status, flags: 0, detail: 'direct_response', body: action.body };
    return () => reply;
  }
  return (x) => ({
    status: action.status,
    flags: 0,
    detail: 'direct_response',
    body: '',
    headers: ['location', redirectLocation(x, action, match.path)],
  });
}
