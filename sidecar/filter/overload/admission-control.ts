import type { Exchange } from '../../core/exchange.ts';
import type { Filter, LocalReply, Verdict } from '../../core/filter.ts';
import type { HeaderList } from '../../core/headers.ts';
import type { AdmissionControlPlan } from '../../core/plan/overload.ts';
import type { Cell } from '../../core/stats.ts';
import type { FaultSurroundings } from '../injection.ts';
import { SuccessWindow } from './success-window.ts';

const refusal: LocalReply = Object.freeze({
  status: 503,
  flags: 0,
  detail: 'denied by admission control: too many requests fail',
});

/**
 * Refuses a share of requests while too few succeed, so that a service in trouble gets only what it can bear. Each worker
 * judges by its own requests. Of gRPC a status in the response's head counts (trailers only), not one behind messages.
 */
export class AdmissionControl implements Filter {
  readonly name: string;
  readonly #plan: AdmissionControlPlan;
  readonly #around: FaultSurroundings;
  readonly #window: SuccessWindow;
  readonly #refused = new WeakSet<object>();
  readonly #failed = new WeakSet<Exchange>();
  readonly #rejections: Cell;
  readonly #successes: Cell;
  readonly #failures: Cell;

  /** `prefix`: stat prefix of the HTTP connection manager. */
  constructor(name: string, plan: AdmissionControlPlan, prefix: string, around: FaultSurroundings) {
    this.name = name;
    this.#plan = plan;
    this.#around = around;
    this.#window = new SuccessWindow(plan);
    const counter = (series: string): Cell => around.stats.counter('http', prefix, `admission_control.${series}`);
    this.#rejections = counter('rq_rejected');
    this.#successes = counter('rq_success');
    this.#failures = counter('rq_failure');
  }

  onRequest(_x: Exchange, proceed: (verdict: LocalReply | null) => void): Verdict {
    const share = this.#window.rejection(this.#around.turn.now);
    if (share === 0 || this.#around.random() >= share) return null;
    this.#refused.add(proceed);
    this.#rejections.inc();
    return refusal;
  }

  onResponse(x: Exchange, _status: number, headers: HeaderList): void {
    const status = headers.get('grpc-status');
    if (status !== undefined && !this.#plan.grpcSuccess.includes(Number(status))) this.#failed.add(x);
  }

  onEnd(x: Exchange, proceed: (verdict: LocalReply | null) => void): void {
    // One that the client gave up says nothing about the upstream.
    if (this.#refused.has(proceed) || x.status === 0) return;
    const { status } = x;
    const good =
      this.#plan.httpSuccess.some(({ start, end }) => status >= start && status < end) && !this.#failed.has(x);
    (good ? this.#successes : this.#failures).inc();
    this.#window.record(good, this.#around.turn.now);
  }
}
