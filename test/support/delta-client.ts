import { type Channel, type ClientStream, connect } from '../../shared/rpc/client.ts';
import type { Input } from '../../shared/xds/canonical.ts';
import { unpack } from '../../shared/xds/codec.ts';
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  Messages,
  Node,
  Resource,
} from '../../shared/xds/messages.gen.ts';
import { nameOf } from '../../shared/xds/type-url.ts';
import { eventually } from './eventually.ts';

/** A plain incremental client: it believes all that it is told, acknowledges it, and remembers what was said. */
export class DeltaClient {
  readonly responses: DeltaDiscoveryResponse[] = [];
  /** By type URL and name. */
  readonly held = new Map<string, Map<string, Resource>>();
  readonly removed = new Set<string>();
  readonly #channel: Channel;
  readonly #stream: ClientStream<DeltaDiscoveryRequest>;
  readonly #node: Input<Node>;
  #first = true;
  /** Set: refuse what comes, with this reason. */
  refusal: string | undefined;

  constructor(address: string, node: Input<Node>) {
    this.#node = node;
    this.#channel = connect(address);
    this.#stream = this.#channel.open('DeltaAggregatedResources', {
      onMessage: (response) => this.#take(response),
      onEnd: () => {},
    });
  }

  subscribe(type: string, ...names: string[]): void {
    this.#send({ type_url: type, resource_names_subscribe: names });
  }

  unsubscribe(type: string, ...names: string[]): void {
    this.#send({ type_url: type, resource_names_unsubscribe: names });
  }

  /** The message of a resource that has arrived. */
  get<T extends keyof Messages>(type: T, name: string): Messages[T] | undefined {
    for (const [url, all] of this.held) {
      const any = nameOf(url) === type ? all.get(name)?.resource : undefined;
      if (any) return unpack(type, any);
    }
    return undefined;
  }

  /** Waits until a resource is there, and what `check` says of it is true. */
  async until<T extends keyof Messages>(
    type: T,
    name: string,
    check: (message: Messages[T]) => boolean = () => true,
    ms = 2000,
  ): Promise<Messages[T]> {
    return (await eventually(() => {
      const message = this.get(type, name);
      return message !== undefined && check(message) ? message : undefined;
    }, ms)) as Messages[T];
  }

  async untilRemoved(name: string, ms = 2000): Promise<void> {
    await eventually(() => this.removed.has(name), ms);
  }

  close(): void {
    this.#stream.cancel();
    this.#channel.close();
  }

  #send(request: Input<DeltaDiscoveryRequest>): void {
    this.#stream.write(this.#first ? { ...request, node: this.#node } : request);
    this.#first = false;
  }

  #take(response: DeltaDiscoveryResponse): void {
    this.responses.push(response);
    const { type_url: type = '', nonce = '' } = response;
    if (this.refusal !== undefined) {
      this.#send({ type_url: type, response_nonce: nonce, error_detail: { code: 3, message: this.refusal } });
      return;
    }
    const held = this.held.get(type) ?? new Map<string, Resource>();
    this.held.set(type, held);
    for (const resource of response.resources) {
      held.set(resource.name ?? '', resource);
      for (const name of [resource.name ?? '', ...resource.aliases]) this.removed.delete(name);
    }
    for (const name of response.removed_resources) {
      held.delete(name);
      this.removed.add(name);
    }
    this.#send({ type_url: type, response_nonce: nonce });
  }
}
