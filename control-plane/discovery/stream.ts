import type { Log } from '../../shared/log/log.ts';
import type { ServerStream } from '../../shared/rpc/server.ts';
import type { Cancel, Clock } from '../../shared/time/clock.ts';
import type { Node } from '../../shared/xds/messages.gen.ts';
import type { NodeView } from '../snapshot/node-view.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { readNode } from '../translate/caller.ts';
import type { Fleet, FleetMember } from './fleet.ts';
import { kindOf } from './node-kind.ts';
import { deltaResponse, fullResponse } from './response.ts';
import { type DeltaRequest, type Event, type FullRequest, Session } from './session.ts';

/** What all streams of a server share. */
export interface StreamContext {
  readonly snapshot: Snapshot;
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly log: Log;
  /** Names this control plane to its clients. */
  readonly identifier: string;
}

/** Who is at the other end, known from the first request on. */
interface Peer {
  readonly session: Session;
  readonly view: NodeView;
  readonly member: FleetMember;
}

/** One aggregated discovery stream: carries events to its session, and what the session answers to the wire. */
export class DiscoveryStream {
  readonly #context: StreamContext;
  readonly #stream: ServerStream;
  #peer: Peer | undefined;
  #wake: Cancel | undefined;

  constructor(context: StreamContext, stream: ServerStream) {
    this.#context = context;
    this.#stream = stream;
  }

  request(node: Node | undefined, request: FullRequest | DeltaRequest): void {
    if (!this.#peer && !node) {
      this.#stream.fail('INVALID_ARGUMENT', 'node: the first request of a stream must say who asks');
      return;
    }
    this.#peer ??= this.#meet(node ?? { client_features: [] }, request);
    const { view } = this.#peer;
    const names = request.kind === 'full' ? request.names : request.subscribe;
    if (names.some((name) => name !== '*' && !view.get(request.type, name))) this.#context.snapshot.catchUp();
    this.#step(request);
  }

  /** Views have changed. */
  look(): void {
    this.#step({ kind: 'look' });
  }

  drained(): void {
    this.#step({ kind: 'writable', yes: true });
  }

  closed(): void {
    this.#wake?.();
    if (!this.#peer) return;
    const { view, member } = this.#peer;
    this.#peer = undefined;
    this.#context.snapshot.close(view);
    this.#context.fleet.left(member);
    this.#context.log.info({ node: view.node.id }, 'a client has left');
  }

  #meet(node: Node, request: FullRequest | DeltaRequest): Peer {
    const { snapshot, fleet, log } = this.#context;
    const known = readNode(node, kindOf(node, request));
    const protocol = request.kind;
    const session = new Session(protocol, { namesOnReturn: known.kind === 'envoy' });
    const view = snapshot.open(known);
    const { address, port } = this.#stream.peer;
    const member = fleet.joined({ node: known, protocol, address: `${address}:${port}`, session, view });
    log.info({ node: known.id, kind: known.kind, protocol, service: known.service }, 'a client has come');
    return { session, view, member };
  }

  #step(event: Event): void {
    if (!this.#peer) return;
    const { session, view, member } = this.#peer;
    const { clock, fleet, log, identifier } = this.#context;
    let taken = true;
    for (const action of session.step(event, view, clock.now())) {
      if (action.kind === 'send') {
        const bytes =
          member.protocol === 'delta'
            ? deltaResponse(action, identifier, clock.wall())
            : fullResponse(action, identifier);
        taken = this.#stream.write(bytes) && taken;
      } else if (action.kind === 'wake') {
        this.#wake?.();
        this.#wake = clock.after(Math.max(1, action.at - clock.now()), () => this.look());
      } else {
        fleet.answered(member, action);
        if (action.kind === 'refused') {
          log.warn(
            { node: view.node.id, type: action.type, error: action.error },
            'a client refused its configuration',
          );
        }
      }
    }
    // What this step produced is written all the same; nothing more until the client has taken it.
    if (!taken) session.step({ kind: 'writable', yes: false }, view, clock.now());
  }
}
