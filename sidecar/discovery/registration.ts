import type { Input } from '../../shared/xds/canonical.ts';
import { toMs } from '../../shared/xds/duration.ts';
import type { Messages, RegisterResponse } from '../../shared/xds/messages.gen.ts';
import type { HostPort } from '../plan/listener.ts';
import { PersistentStream, type StreamSurroundings } from './persistent-stream.ts';

/** One instance of a service, as aya.v1.Workload describes it. */
export type Workload = Input<Messages['aya.v1.Workload']>;
export type EndpointHealthReport = Input<Messages['aya.v1.EndpointHealth']>;

/** Who registers. */
export interface Registrant {
  readonly node: string;
  /** Null: it only calls others, and reports how they are. */
  readonly workload: Workload | null;
  /** What is to be told first on each stream. */
  readonly health: () => readonly EndpointHealthReport[];
}

/**
 * Tells the control plane where the workload can be called (decision D23), and how the endpoints are that are called from
 * here. The registration is a lease that lasts as long as the stream: gRPC's keepalive holds it, and after a break it is made
 * anew, unless it was withdrawn.
 */
export class Registration {
  readonly #stream: PersistentStream<'Register'>;
  readonly #around: StreamSurroundings;
  readonly #registrant: Registrant;
  #withdrawn = false;
  #lease = '';

  constructor(registrant: Registrant, servers: readonly HostPort[], around: StreamSurroundings) {
    this.#registrant = registrant;
    this.#around = around;
    this.#stream = new PersistentStream('Register', servers, around, {
      onOpen: () => this.#open(),
      onMessage: (message) => this.#answered(message),
      onClose: () => {
        this.#lease = '';
        if (this.#withdrawn) this.#stream.stop();
      },
    });
  }

  /** The lease as the control plane names it; '' = not registered now. */
  get lease(): string {
    return this.#lease;
  }

  start(): void {
    this.#stream.start();
  }

  /** Tells what changed in the health of endpoints that this sidecar calls; lost while there is no control plane. */
  report(health: readonly EndpointHealthReport[]): void {
    this.#stream.send({ health });
  }

  #open(): void {
    const { health, node, workload } = this.#registrant;
    this.#stream.send({ node_id: node, health: [...health()], ...(workload && { workload }) });
  }

  /** Takes the endpoint out at once. The stream stays, so that the control plane sees the drain; if it breaks, it is not made anew. */
  withdraw(): void {
    this.#withdrawn = true;
    this.#lease = '';
    this.#stream.send({ withdraw: true });
  }

  stop(): void {
    this.#stream.stop();
  }

  #answered({ lease = '', error = '', observed_address = '', grace }: RegisterResponse): void {
    const { log } = this.#around;
    if (this.#withdrawn) return;
    if (error !== '') {
      log.error(
        { workload: this.#registrant.workload?.service, reason: error },
        'the control plane refuses the workload',
      );
    } else if (lease !== this.#lease) {
      log.info({ lease, address: observed_address, grace: toMs(grace) }, 'registered with the control plane');
    }
    this.#lease = error === '' ? lease : '';
  }
}
