import type { Cancel } from '../../shared/time/clock.ts';
import { endpointName } from '../cluster/live-endpoint.ts';
import { DETECTIONS, type Detection, enforcingOf, reasonOf } from '../cluster/outlier/detection.ts';
import { DETECTOR_CELL, type Detector } from '../cluster/outlier/detector.ts';
import type { ClusterPlan, EndpointsPlan, OutlierPlan } from '../core/plan/cluster.ts';
import { SHARED, type Slot } from '../core/slots.ts';
import { ClusterHealthStats } from '../telemetry/health-stats.ts';
import { setFlag } from './availability.ts';
import { EjectionSweep, type SweepResult } from './ejection-sweep.ts';
import type { EjectionEvent, EjectorSurroundings } from './ejector.ts';

/** An endpoint that is out. */
export interface EjectedEndpoint {
  readonly cluster: string;
  readonly endpoint: string;
  readonly detector: Detection;
  readonly reason: string;
  /** Wall-clock ms of the earliest return. */
  readonly until: number;
}

/** What main remembers about one endpoint. Times are monotonic ms, -1 = never. */
interface Subject {
  readonly name: string;
  readonly slot: Slot;
  ejectedAt: number;
  /** Whether it is out now. */
  out: boolean;
  /** Ms that it stays out, jitter included. */
  duration: number;
  /** n of base x n. */
  backoff: number;
  ejections: number;
  returnedAt: number;
  detector: Detection;
  reason: string;
  /** When it was last said that it should go but stays, so that this is said once per interval. */
  keptAt: number;
}

/**
 * Outlier ejection for one cluster by Envoy's rules: out for min(base x n, max) + jitter, n rising with each ejection and
 * falling with each interval spent in good order; an ejection happens only while the ejected share, that endpoint
 * included, stays within max_ejection_percent (always_eject_one_host: or none is out yet), and with the enforcing
 * percentage of the detector. Ours is "never all": the last available endpoint stays. Source: Envoy, "Outlier detection".
 */
export class ClusterEjections {
  /** Index of the cluster's own slot. */
  readonly slot: number;
  readonly #around: EjectorSurroundings;
  readonly #cluster: string;
  readonly #ownSlot: Slot;
  readonly #subjects = new Map<number, Subject>();
  readonly #stats: ClusterHealthStats;
  readonly #sweeps = new EjectionSweep();
  #plan: OutlierPlan | null = null;
  #stop: Cancel | null = null;
  #out = 0;

  constructor(plan: ClusterPlan, around: EjectorSurroundings) {
    this.#around = around;
    this.#cluster = plan.name;
    this.slot = plan.slot;
    this.#ownSlot = around.slots.slot(plan.slot);
    this.#stats = new ClusterHealthStats(around.stats, plan.statName);
  }

  slots(): Iterable<number> {
    return this.#subjects.keys();
  }

  update(plan: ClusterPlan, endpoints: EndpointsPlan | null): void {
    this.#updatePolicy(plan.outlier);
    const named = new Set(endpoints?.slots);
    for (const [index, subject] of this.#subjects) {
      if (named.has(index)) continue;
      this.#subjects.delete(index);
      this.#sweeps.remove(index);
      if (subject.out) this.#count(-1);
    }
    endpoints?.slots.forEach((index, row) => {
      if (this.#subjects.has(index)) return;
      const name = endpointName(endpoints.addresses[row] ?? '', endpoints.ports[row] ?? 0);
      const slot = this.#around.slots.slot(index);
      this.#subjects.set(index, newSubject(name, slot));
      this.#sweeps.add(index, slot);
    });
  }

  close(): void {
    this.#stop?.();
    this.#stop = null;
    this.#count(-this.#out);
    this.#subjects.clear();
  }

  reported(index: number, detector: Detector): void {
    const plan = this.#plan;
    const subject = this.#subjects.get(index);
    if (!plan || !subject || subject.out) return;
    this.#judge(plan, subject, detector, reasonOf(plan, detector));
    // Counts start anew, so that what stays is detected again after as many failures.
    subject.slot.setShared(DETECTOR_CELL[detector], 0);
  }

  /** An endpoint passed its active health check (Envoy's successful_active_health_check_uneject_host). */
  passedCheck(index: number): void {
    const subject = this.#subjects.get(index);
    if (subject?.out && this.#plan?.passedCheckReturns) this.#return(subject, 'its active health check passed');
  }

  /** Success rates of the last interval: of the cluster, and of an endpoint. */
  get rates(): SweepResult {
    return this.#sweeps.last;
  }

  rateOf(slot: number): number {
    return this.#sweeps.rateOf(slot);
  }

  ejected(): EjectedEndpoint[] {
    return [...this.#subjects.values()]
      .filter((each) => each.out)
      .map((each) => ({
        cluster: this.#cluster,
        endpoint: each.name,
        detector: each.detector,
        reason: each.reason,
        until: this.#until(each),
      }));
  }

  #updatePolicy(plan: OutlierPlan | null): void {
    const interval = this.#plan?.interval;
    this.#plan = plan;
    if (!plan) {
      for (const subject of this.#subjects.values()) if (subject.out) this.#return(subject, 'outlier detection is off');
    }
    // So that all of them can be seen from the start.
    else for (const each of DETECTIONS) this.#stats.ejections(each);
    if (plan?.interval === interval) return;
    this.#stop?.();
    this.#stop = plan ? this.#around.clock.every(plan.interval, () => this.#sweep()) : null;
  }

  /** Ejects, or says why not. `failures` is what was found, as a sentence. */
  #judge(plan: OutlierPlan, subject: Subject, detector: Detection, failures: string): void {
    const cells = this.#stats.ejections(detector);
    cells.detected.inc();
    const obstacle = this.#obstacle(plan, subject);
    if (obstacle !== '') {
      this.#stats.ejectionsOverflow.inc();
      this.#keep(plan, subject, detector, `${failures}, but ${obstacle}`);
      return;
    }
    const enforcing = enforcingOf(plan, detector);
    if (this.#around.random() * 100 >= enforcing) {
      // Where nothing is enforced, the counter is all that was asked for.
      if (enforcing === 0) return;
      this.#keep(plan, subject, detector, `${failures}, but only ${enforcing} % of such detections are enforced`);
      return;
    }
    const { clock, random } = this.#around;
    // The quotient stops rising where it no longer matters, so that it can come down again.
    if (subject.backoff * plan.baseEjectionTime < plan.maxEjectionTime + plan.baseEjectionTime) subject.backoff += 1;
    subject.out = true;
    subject.ejectedAt = clock.now();
    subject.ejections += 1;
    subject.detector = detector;
    subject.reason = failures;
    subject.duration =
      Math.min(plan.baseEjectionTime * subject.backoff, plan.maxEjectionTime) + random() * plan.maxEjectionTimeJitter;
    setFlag(subject.slot, this.#ownSlot, 'ejected', true);
    this.#count(1);
    this.#stats.ejectionsEnforcedTotal.inc();
    cells.enforced.inc();
    this.#tell(subject, 'eject', true, failures, this.#until(subject));
  }

  /** Why an endpoint that should go may not; '' when it may. */
  #obstacle(plan: OutlierPlan, subject: Subject): string {
    const total = this.#subjects.size;
    if (plan.neverEjectAll && !this.#anotherAvailable(subject)) return 'it is the last one available';
    if (plan.alwaysEjectOne && this.#out === 0) return '';
    if ((100 * (this.#out + 1)) / total <= Math.min(100, plan.maxEjectionPercent)) return '';
    return `with it ${this.#out + 1} of ${total} would be out, and max_ejection_percent is ${plan.maxEjectionPercent}`;
  }

  #anotherAvailable(subject: Subject): boolean {
    for (const each of this.#subjects.values()) {
      if (each !== subject && each.slot.shared(SHARED.flags) === 0) return true;
    }
    return false;
  }

  #keep(plan: OutlierPlan, subject: Subject, detector: Detection, reason: string): void {
    const now = this.#around.clock.now();
    if (subject.keptAt >= 0 && now - subject.keptAt < plan.interval) return;
    subject.keptAt = now;
    this.#tell(subject, 'eject', false, reason, 0, detector);
  }

  /** Each interval: lets back in whose time is over, forgives those that kept well, and compares their success. */
  #sweep(): void {
    const plan = this.#plan;
    if (!plan) return;
    const now = this.#around.clock.now();
    for (const subject of this.#subjects.values()) {
      if (subject.out) {
        if (now - subject.ejectedAt >= subject.duration) this.#return(subject, 'its time is over');
      } else if (subject.backoff > 0 && now - subject.returnedAt >= plan.interval) subject.backoff -= 1;
    }
    this.#sweeps.run(
      plan,
      (index) => this.#around.slots.slot(index),
      ({ slot, detector, reason }) => {
        const subject = this.#subjects.get(slot);
        if (subject && !subject.out) this.#judge(plan, subject, detector, reason);
      },
    );
  }

  #return(subject: Subject, reason: string): void {
    subject.out = false;
    subject.returnedAt = this.#around.clock.now();
    // All counters, lest one that was close to its threshold ejects it again after few failures.
    for (const cell of Object.values(DETECTOR_CELL)) subject.slot.setShared(cell, 0);
    setFlag(subject.slot, this.#ownSlot, 'ejected', false);
    this.#count(-1);
    this.#tell(subject, 'uneject', true, reason, 0);
  }

  #count(by: number): void {
    this.#out += by;
    this.#stats.ejectionsActive.add(by);
  }

  #until(subject: Subject): number {
    const { clock } = this.#around;
    return clock.wall() + subject.ejectedAt + subject.duration - clock.now();
  }

  #tell(
    subject: Subject,
    action: EjectionEvent['action'],
    enforced: boolean,
    reason: string,
    until: number,
    detector = subject.detector,
  ): void {
    this.#around.onEvent({
      at: this.#around.clock.wall(),
      cluster: this.#cluster,
      endpoint: subject.name,
      detector,
      action,
      enforced,
      reason,
      until,
      ejections: subject.ejections,
    });
  }
}

function newSubject(name: string, slot: Slot): Subject {
  return {
    name,
    slot,
    ejectedAt: -1,
    out: false,
    duration: 0,
    backoff: 0,
    ejections: 0,
    returnedAt: -1,
    detector: 'consecutive_5xx',
    reason: '',
    keptAt: -1,
  };
}
