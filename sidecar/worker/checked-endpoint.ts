import { isDeepStrictEqual } from 'node:util';
import type { Cancel } from '../../shared/time/clock.ts';
import { type CheckEvent, EndpointCheck, type ProbeResult } from '../cluster/health/endpoint-check.ts';
import { type Prober, type ProbeTarget, unreachable } from '../cluster/health/probe.ts';
import { endpointName } from '../cluster/live-endpoint.ts';
import type { HealthCheckPlan } from '../core/plan/health-check.ts';
import type { CheckSurroundings } from './health-checker.ts';
import type { ProbeQueue } from './probe-queue.ts';

/** What a checked endpoint asks and tells. */
export interface CheckListener {
  /** Whether the cluster has had a request by now. */
  traffic(): boolean;
  attempted(): void;
  /** `healthy`: it counts as healthy, this result included. */
  found(result: ProbeResult, healthy: boolean): void;
  changed(healthy: boolean, first: boolean, reason: string): void;
}

/** Carries out what the state machine of one endpoint's health check asks for: waits, probes, tells. */
export class CheckedEndpoint {
  /** `ip:port` as it is called, wherever it is checked. */
  readonly name: string;
  readonly check: EndpointCheck;
  degraded = false;
  /** Why it is as it is. */
  reason = '';
  readonly #around: CheckSurroundings;
  readonly #queue: ProbeQueue;
  readonly #listener: CheckListener;
  #plan: HealthCheckPlan;
  #target: ProbeTarget;
  #prober: Promise<Prober> | null = null;
  /** Ends whatever is under way: a wait, a place in the queue, or a probe. */
  #cancel: Cancel = () => {};
  #closed = false;

  constructor(
    plan: HealthCheckPlan,
    target: ProbeTarget,
    port: number,
    around: CheckSurroundings,
    queue: ProbeQueue,
    listener: CheckListener,
    presumed: boolean,
  ) {
    this.name = endpointName(target.address, port);
    this.check = new EndpointCheck(plan, around.random, presumed);
    this.#plan = plan;
    this.#target = target;
    this.#around = around;
    this.#queue = queue;
    this.#listener = listener;
  }

  get target(): ProbeTarget {
    return this.#target;
  }

  start(): void {
    this.#step({ kind: 'start' });
  }

  /** Another plan or another target: what is under way begins anew by it, what is known stays. */
  adopt(plan: HealthCheckPlan, target: ProbeTarget, changed: boolean): void {
    if (!changed && isDeepStrictEqual(target, this.#target)) return;
    this.#cancel();
    this.#letGo();
    this.#plan = plan;
    this.#target = target;
    this.check.adopt(plan);
    this.start();
  }

  /** It says so itself. The next check comes when it was to come. */
  sick(): void {
    this.#step({ kind: 'sick' });
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#letGo();
  }

  #letGo(): void {
    void this.#prober?.then((prober) => prober.close());
    this.#prober = null;
  }

  #step(event: CheckEvent): void {
    for (const action of this.check.step(event)) {
      if (action.kind === 'wait') this.#cancel = this.#around.clock.after(action.ms, () => this.#step({ kind: 'due' }));
      else if (action.kind === 'probe') this.#enqueue();
      else {
        this.reason = action.reason;
        this.#listener.changed(action.healthy, action.first, action.reason);
      }
    }
  }

  #enqueue(): void {
    let begun = false;
    const leave = this.#queue.add((over) => {
      begun = true;
      this.#probe(over);
    });
    // Its turn may have come at once, and then there is another way to end it.
    if (!begun) this.#cancel = leave;
  }

  #probe(over: () => void): void {
    const { clock, prober } = this.#around;
    const { timeout } = this.#plan;
    let stop: Cancel = () => {};
    let expire: Cancel = () => {};
    let ended = false;
    const end = (result?: ProbeResult): void => {
      if (ended) return;
      ended = true;
      expire();
      stop();
      over();
      if (!result || this.#closed) return;
      this.#step({ kind: 'result', result, traffic: this.#listener.traffic() });
      this.#listener.found(result, this.check.healthy);
    };
    const late = (): void => end(unreachable(`no answer within ${timeout} ms`));
    this.#cancel = () => end();
    this.#listener.attempted();
    this.#prober ??= prober(this.#plan, this.#target);
    this.#prober.then(
      (ready) => {
        if (ended) return;
        // One more turn of the event loop: an answer that came while this thread was busy is an answer.
        expire = clock.after(timeout, () => {
          expire = clock.after(1, late);
        });
        stop = ready.probe(end);
      },
      (error: Error) => end(unreachable(error.message)),
    );
  }
}
