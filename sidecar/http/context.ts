import type { Random } from '../../shared/struct/random.ts';
import type { Wheel } from '../../shared/time/wheel.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Current } from '../core/current.ts';
import type { EnclosingFilter, Filter } from '../core/filter.ts';
import type { HttpManagerPlan } from '../core/plan/http-manager.ts';
import type { StickTable } from '../core/stick-table.ts';
import type { Turn } from '../core/turn.ts';
import type { AssignedFaults } from '../filter/fault-assignment.ts';
import type { RequestIds } from '../filter/request-id.ts';
import type { RouteTable } from '../route/table.ts';
import type { AccessLog } from '../telemetry/access-log.ts';
import type { ClusterStats } from '../telemetry/cluster-stats.ts';
import type { HttpStats } from '../telemetry/http-stats.ts';
import type { RequestMetrics } from '../telemetry/request-metrics.ts';
import type { HeadGrace } from './held-head.ts';
import type { ServiceLoad } from './service-load.ts';

/** The runtime as the request path reads it: immutable, swapped whole when configuration changes. */
export interface RuntimeView {
  readonly routes: ReadonlyMap<string, RouteTable>;
  readonly upstreams: ReadonlyMap<string, Upstream>;
}

/** A cluster with what the request path needs beside it. */
export interface Upstream {
  readonly cluster: Cluster;
  readonly stats: ClusterStats;
  /** Faults assigned to the cluster's service, or null. */
  readonly faults: AssignedFaults | null;
}

/** Asks main for a virtual host that is not known here (decision D16). */
export interface HostDemand {
  ask(host: string, done: (result: DemandResult) => void): void;
}
export type DemandResult = 'known' | 'unknown' | 'overflow' | 'timeout';

/** What every request of one listener needs, fixed when its configuration arrived. */
export interface HttpContext {
  readonly manager: HttpManagerPlan;
  readonly outbound: boolean;
  readonly filters: readonly Filter[];
  readonly enclosing: EnclosingFilter | null;
  readonly stats: HttpStats;
  readonly metrics: RequestMetrics;
  readonly accessLog: AccessLog | null;
  readonly demand: HostDemand | null;
  /** Of the service, where callers may ask for it: on inbound listeners. */
  readonly load: ServiceLoad | null;
  readonly current: Current<RuntimeView>;
  readonly requestIds: RequestIds;
  /** The value of a Date header now. */
  readonly date: { readonly text: string };
  readonly turn: Turn;
  readonly wheel: Wheel;
  readonly random: Random;
  readonly grace: HeadGrace;
  readonly sticks: StickTable;
  /** Wall-clock ms. */
  readonly wall: () => number;
}
