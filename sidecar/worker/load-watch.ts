import type { Log } from '../../shared/log/log.ts';
import type { Channel } from '../../shared/rpc/client.ts';
import type { Status } from '../../shared/rpc/status.ts';
import type { Random } from '../../shared/struct/random.ts';
import type { Cancel, Clock } from '../../shared/time/clock.ts';
import { fromMs } from '../../shared/xds/duration.ts';
import type { Messages } from '../../shared/xds/messages.gen.ts';
import { ReportedWeight } from '../cluster/balancer/reported-weight.ts';
import { endpointName } from '../cluster/live-endpoint.ts';
import type { ClientSideWeightsPlan } from '../core/plan/balancer.ts';
import type { ClusterPlan, EndpointsPlan } from '../core/plan/cluster.ts';
import type { Slot, SlotTable } from '../core/slots.ts';

/** Ms before an endpoint is asked again that ended its stream: the first wait, and the longest. */
const BACKOFF = { base: 1_000, max: 30_000 } as const;

export interface LoadWatchSurroundings {
  readonly slots: SlotTable;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Main's streams of load reports, one to each endpoint of the clusters that weigh by reports out of band (ORCA,
 * OpenRcaService; gRPC A51). The weights that follow stand in the endpoints' slots, where all workers read them.
 */
export class LoadWatch {
  readonly #around: LoadWatchSurroundings;
  /** By cluster, then by slot. */
  readonly #clusters = new Map<string, Map<number, WatchedEndpoint>>();

  constructor(around: LoadWatchSurroundings) {
    this.#around = around;
  }

  /** Puts a cluster's policy and endpoints in force. */
  put({ balancer, name }: ClusterPlan, endpoints: EndpointsPlan | null): void {
    if (balancer.kind !== 'client-side-weights' || balancer.reportEvery === 0) return this.remove(name);
    const before = this.#clusters.get(name) ?? new Map<number, WatchedEndpoint>();
    const after = new Map<number, WatchedEndpoint>();
    endpoints?.slots.forEach((index, row) => {
      const address = endpointName(endpoints.addresses[row] ?? '', endpoints.ports[row] ?? 0);
      const known = before.get(index);
      if (known?.serves(address, balancer)) {
        before.delete(index);
        after.set(index, known);
      } else after.set(index, new WatchedEndpoint(address, balancer, this.#around.slots.slot(index), this.#around));
    });
    for (const gone of before.values()) gone.close();
    for (const each of after.values()) each.start();
    this.#clusters.set(name, after);
  }

  remove(name: string): void {
    for (const each of this.#clusters.get(name)?.values() ?? []) each.close();
    this.#clusters.delete(name);
  }

  close(): void {
    for (const name of [...this.#clusters.keys()]) this.remove(name);
  }
}

/** One endpoint's stream, opened anew when it ends, and the weight that follows from what comes. */
class WatchedEndpoint {
  readonly #address: string;
  readonly #plan: ClientSideWeightsPlan;
  readonly #slot: Slot;
  readonly #around: LoadWatchSurroundings;
  readonly #weight: ReportedWeight;
  #channel: Channel | null = null;
  #failures = 0;
  #stopUpdates: Cancel | null = null;
  #cancelRetry: Cancel = () => {};
  #closed = false;

  constructor(address: string, plan: ClientSideWeightsPlan, slot: Slot, around: LoadWatchSurroundings) {
    this.#address = address;
    this.#plan = plan;
    this.#slot = slot;
    this.#around = around;
    this.#weight = new ReportedWeight(plan);
  }

  /** What is known of it stays right. */
  serves(address: string, plan: ClientSideWeightsPlan): boolean {
    const { blackout, errorPenalty, expiration, reportEvery, update } = this.#plan;
    return (
      address === this.#address &&
      blackout === plan.blackout &&
      errorPenalty === plan.errorPenalty &&
      expiration === plan.expiration &&
      reportEvery === plan.reportEvery &&
      update === plan.update
    );
  }

  /** Again, nothing happens. */
  start(): void {
    if (this.#stopUpdates) return;
    this.#slot.weight = 0;
    // Blackout and expiration pass without a report, too.
    this.#stopUpdates = this.#around.clock.every(this.#plan.update, () => this.#update());
    void this.#open();
  }

  close(): void {
    this.#closed = true;
    this.#stopUpdates?.();
    this.#cancelRetry();
    this.#channel?.close();
    this.#slot.weight = 0;
  }

  async #open(): Promise<void> {
    // Only now: most sidecars never load gRPC for this.
    const { connect } = await import('../../shared/rpc/client.ts');
    if (this.#closed) return;
    this.#channel = connect(this.#address);
    const stream = this.#channel.open('StreamCoreMetrics', {
      onMessage: (report) => this.#reported(report),
      onEnd: (status) => this.#ended(status),
    });
    stream.write({ report_interval: fromMs(this.#plan.reportEvery) });
    stream.end();
  }

  #reported(report: Messages['xds.data.orca.v3.OrcaLoadReport']): void {
    this.#failures = 0;
    const { application_utilization = 0, cpu_utilization = 0, eps = 0, rps_fractional = 0 } = report;
    const utilization = application_utilization || cpu_utilization;
    const { clock } = this.#around;
    this.#weight.report({ utilization, requestsPerSecond: rps_fractional, errorsPerSecond: eps }, clock.now());
    this.#update();
  }

  #update(): void {
    this.#slot.weight = this.#weight.at(this.#around.clock.now());
  }

  #ended({ code, details }: Status): void {
    const { clock, log, random } = this.#around;
    this.#channel?.close();
    this.#channel = null;
    if (this.#closed) return;
    const facts = { endpoint: this.#address, reason: `${code}: ${details}` };
    if (code === 'UNIMPLEMENTED') {
      log.warn(facts, 'does not report its load (OpenRcaService); it gets the mean of the others');
      return;
    }
    log.debug(facts, 'load reports stopped; asking again');
    const wait = Math.min(BACKOFF.max, BACKOFF.base * 2 ** this.#failures);
    this.#failures += 1;
    this.#cancelRetry = clock.after(wait * (0.5 + random() / 2), () => void this.#open());
  }
}
