import type { Random } from '../../shared/struct/random.ts';
import { type ControlPlaneProcess, endpoints, type KubernetesObject, pathOf } from '../support/control-plane.ts';

const own = (kind: string, name: string, spec: object): KubernetesObject => ({
  apiVersion: 'aya.dev/v1alpha1',
  kind,
  metadata: { name },
  spec: { targetRefs: [{ group: '', kind: 'Service', name: 'cart' }], ...spec },
});

const oneOf = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

function trafficPolicy(random: Random): KubernetesObject {
  return own('TrafficPolicy', 'cart', {
    loadBalancing: { policy: oneOf(random, ['LeastRequest', 'RoundRobin', 'Random']) },
    outlierDetection: { consecutive5xx: oneOf(random, [0, 3, 5]), baseEjectionTime: '1s', interval: '1s' },
    circuitBreaker: { maxRequests: oneOf(random, [4, 64, 1024]), maxConnections: oneOf(random, [2, 64, 1024]) },
    retry: { attempts: oneOf(random, [0, 1, 3]), on: ['5xx', 'reset', 'connect-failure'] },
    timeouts: { request: oneOf(random, ['50ms', '1s', '5s']) },
  });
}

function faultPolicy(random: Random): KubernetesObject {
  return own('FaultPolicy', 'cart', {
    faults: {
      delay: { percent: oneOf(random, [0, 10, 50]), fixed: '20ms' },
      abort: { percent: oneOf(random, [0, 5, 20]), httpStatus: 503 },
    },
    at: oneOf(random, ['Attempt', 'Request']),
    lease: '30s',
  });
}

const route = (random: Random): KubernetesObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'cart' },
  spec: {
    parentRefs: [{ group: '', kind: 'Service', name: 'cart' }],
    rules: [
      {
        matches: [{ path: { type: 'PathPrefix', value: oneOf(random, ['/', '/echo', '/large']) } }],
        backendRefs: [{ name: 'cart', port: 80, weight: 1 + Math.floor(random() * 9) }],
      },
      { backendRefs: [{ name: 'cart', port: 80 }] },
    ],
  },
});

/** Changes one thing after the other in how `cart` is treated, and where it runs, until told to stop. */
export class Changes {
  count = 0;
  readonly #plane: ControlPlaneProcess;
  readonly #slices: readonly KubernetesObject[];
  readonly #random: Random;
  readonly #changing: Promise<void>;
  readonly #present = new Map<string, KubernetesObject>();
  #stop = false;

  /** `ports`: where `cart` runs. At least one of its endpoints stays at any time. */
  constructor(plane: ControlPlaneProcess, ports: readonly number[], everyMs: number, random: Random) {
    this.#plane = plane;
    this.#slices = endpoints('cart', ports);
    this.#random = random;
    this.#changing = this.#run(everyMs);
  }

  /** Stops, and takes back all policies, routes and endpoints. */
  async stop(): Promise<void> {
    this.#stop = true;
    await this.#changing;
    for (const object of this.#present.values()) await this.#delete(object);
    for (const slice of this.#slices) await this.#delete(slice);
  }

  async #run(everyMs: number): Promise<void> {
    const random = this.#random;
    const gone = new Set<KubernetesObject>();
    while (!this.#stop) {
      const dice = random();
      if (dice < 0.3) await this.#put(trafficPolicy(random));
      else if (dice < 0.5) await this.#put(faultPolicy(random));
      else if (dice < 0.6) await this.#put(route(random));
      else if (dice < 0.7 && this.#present.size > 0) await this.#delete(oneOf(random, [...this.#present.values()]));
      else {
        const slice = oneOf(random, this.#slices);
        if (gone.delete(slice)) await this.#plane.apply(slice);
        else if (gone.size < this.#slices.length - 1) {
          gone.add(slice);
          await this.#delete(slice);
        }
      }
      this.count += 1;
      await new Promise((resolve) => setTimeout(resolve, random() * 2 * everyMs));
    }
  }

  async #put(object: KubernetesObject): Promise<void> {
    this.#present.set(object.kind, object);
    await this.#plane.apply(object);
  }

  async #delete(object: KubernetesObject): Promise<void> {
    this.#present.delete(object.kind);
    const one = `${pathOf(object)}/${object.metadata.name}`;
    await fetch(`${this.#plane.api}${one}`, { method: 'DELETE' }).then((response) => response.arrayBuffer());
  }
}
