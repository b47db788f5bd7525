import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { AccessLogPlan } from '../../sidecar/core/plan/access-log.ts';
import type { ClusterPlan } from '../../sidecar/core/plan/cluster.ts';
import type { Piece } from '../../sidecar/core/plan/delta.ts';
import type { FaultRulePlan } from '../../sidecar/core/plan/fault.ts';
import type { ForwardPlan } from '../../sidecar/core/plan/route.ts';
import type { TcpProxyPlan } from '../../sidecar/core/plan/tcp-proxy.ts';
import { StatsCollector } from '../../sidecar/telemetry/collect.ts';
import { temporaryFile } from './bootstrap.ts';
import { clusterPieces, listenerPiece, routePiece, tcpListenerPiece, WorkerUnderTest } from './data-path.ts';
import { eventually } from './eventually.ts';
import { forwardPlan, prefix, routePlan } from './route-plan.ts';

/** A rule without faults, for every request. */
export const faultRule = (over: Partial<FaultRulePlan>): FaultRulePlan => ({
  policy: 'shop/test',
  match: [],
  delay: null,
  abort: null,
  at: 'attempt',
  maxActive: 1_000,
  ...over,
});

const assignment = (rules: readonly FaultRulePlan[]): Piece => ({
  kind: 'fault',
  name: 'cart',
  value: { service: 'cart', rules },
});

/** A worker whose only cluster is `cart`, with faults assigned to it, and its access log. `tcp`: a TCP proxy instead of routes. */
export class FaultyWorker {
  readonly port: number;
  readonly #worker: WorkerUnderTest;
  readonly #stats = new StatsCollector();
  readonly #log: string;
  #read = 0;
  #tripped = false;

  constructor(
    t: TestContext,
    ports: readonly number[],
    rules: readonly FaultRulePlan[],
    route: Partial<ForwardPlan> = {},
    cluster: Partial<ClusterPlan> = {},
    tcp: Partial<TcpProxyPlan> | null = null,
  ) {
    const { file, remove } = temporaryFile('access.log', '');
    t.after(remove);
    this.#log = file;
    const text = '%RESPONSE_FLAGS% %RESPONSE_CODE% %UPSTREAM_REQUEST_ATTEMPT_COUNT%\n';
    const accessLogs: AccessLogPlan[] = [{ path: file, format: { kind: 'text', text }, only: 'all' }];
    this.#worker = new WorkerUnderTest(t, [
      ...clusterPieces('cart', 0, ports, cluster),
      routePiece([routePlan('cart', prefix('/'), { action: forwardPlan(route) })]),
      tcp === null ? listenerPiece({ accessLogs }) : tcpListenerPiece({ accessLogs, ...tcp }),
      assignment(rules),
    ]);
    this.port = this.#worker.port;
  }

  /** Other faults from now on; none: their lease has ended. */
  assign(...rules: readonly FaultRulePlan[]): void {
    if (rules.length > 0) this.#worker.apply([assignment(rules)]);
    else this.#worker.apply([], [{ kind: 'fault', name: 'cart' }]);
  }

  /** The log line of the next request: flags, status, attempts. */
  async logged(): Promise<string> {
    const lines = await eventually(() => {
      const all = readFileSync(this.#log, 'utf8').split('\n').slice(0, -1);
      return all.length > this.#read && all;
    });
    this.#read += 1;
    return lines[this.#read - 1] as string;
  }

  /** How often a kind of fault was injected. */
  injected(fault: string): number {
    this.#collect();
    const found = this.#stats
      .samples()
      .filter((each) => each.name === 'aya_faults_injected_total' && each.labels?.fault === fault);
    return found.reduce((sum, each) => sum + each.value, 0);
  }

  /** Outlier detection has had enough of an endpoint. */
  get tripped(): boolean {
    this.#collect();
    return this.#tripped;
  }

  #collect(): void {
    for (const message of this.#worker.said.splice(0)) {
      if (message.kind === 'stats') this.#stats.accept(0, message.batch);
      else if (message.kind === 'tripped') this.#tripped = true;
    }
  }
}
