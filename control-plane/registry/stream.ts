import type { Handlers, ServerStream } from '../../shared/rpc/server.ts';
import { encode } from '../../shared/xds/codec.ts';
import { fromMs } from '../../shared/xds/duration.ts';
import type { RegisterRequest } from '../../shared/xds/messages.gen.ts';
import { problemOf } from './check.ts';
import type { HealthReports } from './endpoint-health.ts';
import { type Lease, leaseKey, leaseOf, sliceName } from './lease.ts';
import { graceAfterBreak, type Registry } from './registry.ts';

/** Where sidecars register what runs beside them. */
export function registryHandlers(registry: Registry, health: HealthReports): Required<Pick<Handlers, 'Register'>> {
  return {
    Register(stream) {
      const registration = new Registration(registry, health, stream);
      return { onMessage: (request) => registration.request(request), onClose: () => registration.closed() };
    },
  };
}

/** One stream of one sidecar. Requests take effect in the order in which they come. */
class Registration {
  readonly #registry: Registry;
  readonly #health: HealthReports;
  readonly #stream: ServerStream;
  /** Names the sidecar; until it has registered, its address does. */
  #node: string;
  #lease: Lease | undefined;
  #open = true;

  constructor(registry: Registry, health: HealthReports, stream: ServerStream) {
    this.#registry = registry;
    this.#health = health;
    this.#stream = stream;
    this.#node = `${stream.peer.address}:${stream.peer.port}`;
  }

  request({ workload, withdraw, health, node_id }: RegisterRequest): void {
    const node = workload?.node_id || node_id;
    if (node) this.#node = node;
    if (health.length > 0) this.#health.report(this.#node, health);
    if (withdraw) {
      this.#leave();
      return;
    }
    if (!workload) {
      // One that only calls others has nothing to register, but waits for a sign that it is heard.
      if (node_id && !this.#lease) this.#respond('', '');
      return;
    }
    const problem = problemOf(workload);
    if (problem !== undefined) {
      this.#respond('', problem);
      return;
    }
    const lease = leaseOf(workload, workload.address || this.#stream.peer.address);
    if (this.#lease && leaseKey(this.#lease) !== leaseKey(lease)) this.#leave();
    this.#lease = lease;
    void this.#registry.register(lease, this).then((failure) => {
      if (this.#open) this.#respond(`${lease.namespace}/${sliceName(lease)}`, failure ?? '');
    });
  }

  closed(): void {
    this.#open = false;
    this.#health.forget(this.#node);
    if (this.#lease) this.#registry.broke(this.#lease, this);
  }

  #leave(): void {
    if (this.#lease) void this.#registry.withdraw(this.#lease, this);
    this.#lease = undefined;
  }

  #respond(lease: string, error: string): void {
    const response = { lease, error, grace: fromMs(graceAfterBreak), observed_address: this.#stream.peer.address };
    this.#stream.write(encode('aya.v1.RegisterResponse', response));
  }
}
