import type { Log } from '../../shared/log/log.ts';
import type { Channel, ClientStream } from '../../shared/rpc/client.ts';
import type { Method, RequestOf, ResponseOf } from '../../shared/rpc/methods.ts';
import type { Random } from '../../shared/struct/random.ts';
import type { Cancel, Clock } from '../../shared/time/clock.ts';
import type { Input } from '../../shared/xds/canonical.ts';
import { hostPort } from '../plan/host-port.ts';
import type { HostPort } from '../plan/listener.ts';

export interface StreamSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface StreamEvents<M extends Method> {
  /** A stream was begun: what is sent now are its first messages. Nothing says yet that a server is there. */
  onOpen(): void;
  onMessage(message: ResponseOf<M>): void;
  /** The stream is over; another follows. */
  onClose(): void;
}

/** Back-off between streams, in ms: the first wait, its growth, and the longest. */
const backOff = { base: 200, factor: 1.6, max: 5_000 } as const;
/** A server that says nothing for so long after the beginning of a stream is given up, in ms. */
const firstMessageTimeout = 15_000;

/**
 * Keeps one stream of a method open to one of several servers, tried in turn. After a break it waits with jitter, ever
 * longer while nobody answers, so that a restarted control plane is not trampled by its sidecars.
 */
export class PersistentStream<M extends Method> {
  readonly #method: M;
  readonly #servers: readonly HostPort[];
  readonly #around: StreamSurroundings;
  readonly #events: StreamEvents<M>;
  #channel: Channel | undefined;
  #stream: ClientStream<RequestOf<M>> | undefined;
  #cancelTimer: Cancel = () => {};
  #turn = 0;
  /** Streams in a row on which nothing came. */
  #failures = 0;
  #connected = false;
  #stopped = false;

  constructor(method: M, servers: readonly HostPort[], around: StreamSurroundings, events: StreamEvents<M>) {
    this.#method = method;
    this.#servers = servers;
    this.#around = around;
    this.#events = events;
  }

  /** The server that answers, or '' while none does. */
  get server(): string {
    return this.#connected ? this.#address : '';
  }

  start(): void {
    void this.#open();
  }

  /** Sends on the open stream; dropped when there is none, since a new stream begins from scratch. */
  send(message: Input<RequestOf<M>>): void {
    this.#stream?.write(message);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#stream?.cancel();
    this.#channel?.close();
  }

  get #address(): string {
    const server = this.#servers[this.#turn % this.#servers.length];
    return server ? hostPort(server) : '';
  }

  async #open(): Promise<void> {
    if (this.#servers.length === 0) return;
    // Only now: a sidecar that runs from a file alone never loads gRPC.
    const { connect } = await import('../../shared/rpc/client.ts');
    if (this.#stopped) return;
    const { clock } = this.#around;
    // A channel of its own for each attempt: what grpc-js remembers of a dead connection would only delay the next.
    this.#channel = connect(this.#address);
    const stream = this.#channel.open(this.#method, {
      onMessage: (message) => {
        if (this.#stream !== stream) return;
        if (!this.#connected) this.#welcome();
        this.#events.onMessage(message);
      },
      onEnd: ({ code, details }) => {
        if (this.#stream === stream) this.#ended(`${code}: ${details}`);
      },
    });
    this.#stream = stream;
    this.#cancelTimer = clock.after(firstMessageTimeout, () => stream.cancel());
    this.#events.onOpen();
  }

  #welcome(): void {
    this.#connected = true;
    this.#failures = 0;
    this.#cancelTimer();
    this.#around.log.info({ server: this.#address }, 'connected to the control plane');
  }

  #ended(reason: string): void {
    const { clock, random, log } = this.#around;
    this.#cancelTimer();
    this.#channel?.close();
    this.#channel = undefined;
    this.#stream = undefined;
    if (this.#stopped) return;
    const facts = { server: this.#address, reason };
    if (this.#connected) log.warn(facts, 'lost the control plane; what runs goes on');
    else if (this.#failures < this.#servers.length) log.warn(facts, 'cannot reach the control plane; trying again');
    else log.debug(facts, 'cannot reach the control plane; trying again');
    this.#connected = false;
    this.#failures += 1;
    this.#turn += 1;
    const wait = Math.min(backOff.max, backOff.base * backOff.factor ** (this.#failures - 1));
    this.#cancelTimer = clock.after(wait * (0.5 + random() / 2), () => void this.#open());
    this.#events.onClose();
  }
}
