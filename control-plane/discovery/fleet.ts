import type { Cancel, Clock } from '../../shared/time/clock.ts';
import { nameOf } from '../../shared/xds/type-url.ts';
import type { NodeView } from '../snapshot/node-view.ts';
import type { MeshNode } from '../translate/caller.ts';
import type { Action, Session } from './session.ts';

/** How long a client that has left is remembered, ms. */
const memory = 5 * 60_000;
/** Observers are told at most so often, ms, and less often the more clients there are: after a push each of them answers. */
const pause = (clients: number): number => 100 + clients / 4;

export interface Refusal {
  /** Type URL. */
  readonly type: string;
  readonly error: string;
  /** Wall-clock milliseconds. */
  readonly at: number;
}

/** One stream of one client. */
export interface FleetMember {
  readonly node: MeshNode;
  readonly protocol: 'full' | 'delta';
  /** HOST:PORT as we see it. */
  readonly address: string;
  readonly session: Session;
  readonly view: NodeView;
}

interface Record_ {
  readonly member: FleetMember;
  readonly since: number;
  left: number | undefined;
  /** Version of what was last acknowledged, by type URL. */
  readonly applied: Map<string, string>;
  lastRefusal: Refusal | undefined;
}

/** A client as `aya status` shows it. */
export interface FleetEntry {
  id: string;
  kind: MeshNode['kind'];
  namespace: string;
  service: string;
  connected: boolean;
  protocol: 'sotw' | 'delta';
  address: string;
  /** RFC 3339. */
  since: string;
  left?: string;
  /** By short type name: what is acknowledged, and whether that is all there is. */
  types: Record<string, { applied: string; sent: string; state: 'applied' | 'pending' | 'refused' }>;
  lastRefusal?: { type: string; error: string; at: string };
}

/** Who is connected, and what each client has made of its configuration. */
export class Fleet {
  readonly #clock: Clock;
  readonly #records = new Map<FleetMember, Record_>();
  readonly #observers = new Set<() => void>();
  #notice: Cancel | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  joined(member: FleetMember): FleetMember {
    this.#forget(member.node.id);
    const since = this.#clock.wall();
    this.#records.set(member, { member, since, left: undefined, applied: new Map(), lastRefusal: undefined });
    this.#changed();
    return member;
  }

  left(member: FleetMember): void {
    const record = this.#records.get(member);
    if (record) record.left = this.#clock.wall();
    this.#changed();
  }

  answered(member: FleetMember, answer: Extract<Action, { kind: 'accepted' | 'refused' }>): void {
    const record = this.#records.get(member);
    if (!record) return;
    const { type } = answer;
    if (answer.kind === 'accepted') record.applied.set(type, answer.version);
    else record.lastRefusal = { type, error: answer.error, at: this.#clock.wall() };
    this.#changed();
  }

  /** Clients that are connected. */
  *members(): Iterable<FleetMember> {
    for (const { member, left } of this.#records.values()) if (left === undefined) yield member;
  }

  lastRefusal(member: FleetMember): Refusal | undefined {
    return this.#records.get(member)?.lastRefusal;
  }

  /** Everybody, and for a while those who left, in order of names. */
  entries(): FleetEntry[] {
    this.#forget();
    return [...this.#records.values()].map(entryOf).sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** Calls `observer` soon after something has changed. */
  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Of a client that is back, or of all that left long ago. */
  #forget(id?: string): void {
    const oldest = this.#clock.wall() - memory;
    for (const [member, { left }] of this.#records) {
      if (left !== undefined && (left < oldest || member.node.id === id)) this.#records.delete(member);
    }
  }

  #changed(): void {
    this.#notice ??= this.#clock.after(pause(this.#records.size), () => {
      this.#notice = undefined;
      for (const observer of this.#observers) observer();
    });
  }
}

function entryOf({ member, since, left, applied, lastRefusal }: Record_): FleetEntry {
  const { id, kind, namespace, service } = member.node;
  const types = Object.entries(member.session.standing()).map(([type, { version, state }]) => {
    return [shortName(type), { applied: applied.get(type) ?? '', sent: version, state }] as const;
  });
  return {
    id,
    kind,
    namespace,
    service,
    connected: left === undefined,
    protocol: member.protocol === 'full' ? 'sotw' : 'delta',
    address: member.address,
    since: new Date(since).toISOString(),
    ...(left !== undefined && { left: new Date(left).toISOString() }),
    types: Object.fromEntries(types),
    ...(lastRefusal && {
      lastRefusal: {
        type: shortName(lastRefusal.type),
        error: lastRefusal.error,
        at: new Date(lastRefusal.at).toISOString(),
      },
    }),
  };
}

/** `Cluster` of `type.googleapis.com/envoy.config.cluster.v3.Cluster`. */
function shortName(type: string): string {
  return nameOf(type).split('.').at(-1) ?? type;
}
