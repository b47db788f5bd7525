import type net from 'node:net';
import type { Cell } from '../core/stats.ts';
import { type FrameWire, MAX_ROOM, type Output, type WireSink } from '../core/wire.ts';
import type { Reader } from './bare-socket.ts';
import { Gathering } from './gathering.ts';
import { asBuffer, latin1, writeLatin1 } from './latin1.ts';
import type { Layer } from './layer.ts';
import { type Keeper, ReadBuffer } from './read-buffer.ts';
import type { SocketContext } from './socket-context.ts';
import { deaf, released, type SocketEvents, watch } from './socket-events.ts';
import { acceptedSocket, diallingSocket, type StreamSocket } from './stream-socket.ts';

/** Bytes up to this size join the text of the turn; larger ones are copied once. */
const INLINE_BYTES = 2048;
/** How long a closed connection may linger for the peer to read what we sent. Envoy's delayed_close_timeout. */
const LINGER_MS = 1000;

/** A TCP connection as a Wire: reads into the shared buffer, gathers a turn's output into one write. */
export class SocketWire implements FrameWire, Keeper, SocketEvents, Reader {
  sink: WireSink = deaf;
  socket: StreamSocket;
  /** Count bytes as they come and go; null = nobody wants to know. */
  received: Cell | null = null;
  sent: Cell | null = null;
  readonly #context: SocketContext;
  readonly #reads: ReadBuffer;
  lent: Buffer | null = null;
  backedUp = false;
  #text = '';
  /** Frames of the turn; while there is one, text and bytes join it. */
  #output: Output | null = null;
  #heldBySocket: Output[] | null = null;
  /** Bytes of the read under way that leave as they lie, at the end of the turn. */
  #gathering: Gathering | null = null;
  /** Not null: the socket may hold on to what it is given, as TLS does, so it gets copies. */
  readonly layer: Layer | null;
  #marked = false;
  #ending = false;
  #closing = false;
  #gone = false;
  #closedBy: 'us' | 'peer' | null = null;
  #error = '';
  #written = 0;

  /** `make` creates the socket, which reads by the wire; see `accepted`, `dialled`, adopted-socket.ts and upstream/tls-dialler.ts. */
  constructor(context: SocketContext, make: (wire: Reader) => StreamSocket, layer: Layer | null) {
    this.#context = context;
    this.layer = layer;
    this.#reads = new ReadBuffer(context.buffer, context.bulk);
    this.socket = make(this);
    watch(this.socket, this);
  }

  /** Takes a connection from a listening handle's `onconnection` (internal to Node; see listener/acceptor.ts). */
  static accepted(context: SocketContext, handle: object): SocketWire {
    return new SocketWire(context, (wire) => acceptedSocket(handle, wire), null);
  }

  /** Begins to connect; `connected` is called once when the connection stands, `sink.onClose` when it never does. */
  static dialled(context: SocketContext, host: string, port: number, connected: () => void): SocketWire {
    const stands = (): void => context.turn.run(connected);
    return new SocketWire(context, (wire) => diallingSocket(host, port, wire, stands), null);
  }

  get written(): number {
    return this.#written + this.#text.length + (this.#output === null ? 0 : this.#output.at);
  }

  /** Who ended the connection first, by FIN or otherwise; null while neither has. */
  get closedBy(): 'us' | 'peer' | null {
    return this.#closedBy;
  }

  text(text: string): void {
    if (this.#ending) return;
    const output = this.#output;
    if (output === null) this.#text += text;
    else if (output.bytes.length - output.at >= text.length) output.at += writeLatin1(output.bytes, text, output.at);
    else {
      this.#send(output);
      this.#text = text;
    }
    this.#mark();
  }

  bytes(chunk: Uint8Array): boolean {
    if (this.#ending) return true;
    if (chunk.length <= INLINE_BYTES) {
      this.text(latin1(asBuffer(chunk), 0, chunk.length));
      return !this.backedUp;
    }
    const { lending } = this.#context;
    if (lending.holds(chunk) && this.layer === null) {
      if (this.#output !== null) this.#send(this.#output);
      this.#gathering ??= new Gathering(this.socket);
      this.#gathering.add(this.#text, chunk);
      this.#count(this.#text.length + chunk.length);
      this.#text = '';
      this.#mark();
    } else if (chunk.length <= MAX_ROOM) {
      const output = this.room(chunk.length);
      output.bytes.set(chunk, output.at);
      output.at += chunk.length;
      this.#mark();
    } else {
      this.flush();
      this.#wrote(this.socket.write(Buffer.from(chunk)), chunk.length);
    }
    return !this.backedUp;
  }

  room(size: number): Output {
    let output = this.#output;
    if (output !== null && output.bytes.length - output.at < size) {
      this.#send(output);
      output = null;
    }
    if (output === null) {
      this.#endGathering();
      const text = this.#text;
      if (text.length + size > MAX_ROOM) this.#sendText();
      output = this.#context.outputs.take();
      this.#output = output;
      if (this.#text !== '') {
        this.#text = '';
        output.at = writeLatin1(output.bytes, text, 0);
      }
    }
    return output;
  }

  commit(): void {
    this.#mark();
  }

  /** Writes what the turn produced. Called by the turn, once. */
  flush(): void {
    this.#marked = false;
    if (this.#gathering !== null) this.#endGathering();
    else if (this.#output !== null) this.#send(this.#output);
    else if (this.#text !== '') this.#sendText();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    if (!this.#gone) this.socket.resume();
  }

  end(): void {
    if (this.#ending) return;
    this.flush();
    this.#ending = true;
    this.#closedBy ??= 'us';
    // When the peer has ended and nothing waits, closing says FIN, too, and is cheaper.
    if (this.layer === null && this.socket.readableEnded && this.socket.writableLength === 0) this.socket.destroy();
    else this.socket.end();
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.end();
    this.resume();
    this.#context.later(LINGER_MS, () => this.destroy());
  }

  destroy(abort = false): void {
    if (this.#gone) return;
    this.#ending = true;
    this.#closedBy ??= 'us';
    this.#drop();
    const beneath = this.layer === null ? this.socket : this.layer.beneath;
    if (abort && beneath !== null) beneath.resetAndDestroy();
    else this.socket.destroy();
  }

  /** Gives the socket away: nothing more is heard of it here. */
  release(): net.Socket {
    this.#gone = true;
    this.#ending = true;
    const socket = released(this.socket);
    this.socket = socket;
    return socket;
  }

  #drop(): void {
    this.#text = '';
    this.#gathering = null;
    if (this.#output !== null) this.#send(this.#output);
  }

  #endGathering(): void {
    const gathering = this.#gathering;
    if (gathering === null) return;
    this.#gathering = null;
    const { kept, full } = gathering.end(this.#text);
    this.#count(this.#text.length);
    this.#text = '';
    if (kept) this.#context.lending.keep(this);
    if (full) this.backedUp = true;
  }

  #mark(): void {
    if (this.#marked) return;
    this.#marked = true;
    this.#context.turn.mark(this);
  }

  #sendText(): void {
    const text = this.#text;
    this.#text = '';
    if (!this.#gone) this.#wrote(this.socket.write(text, 'latin1'), text.length);
  }

  #send(output: Output): void {
    const { outputs } = this.#context;
    const { bytes, at } = output;
    this.#output = null;
    if (at === 0 || this.#ending) return outputs.give(output);
    const part = bytes.subarray(0, at);
    this.#wrote(this.socket.write(this.layer === null ? part : Buffer.from(part)), at);
    // What the system did not take whole belongs to the socket now (decision D8, rule W).
    if (this.layer === null && this.socket.writableLength > 0) (this.#heldBySocket ??= []).push(outputs.lose(output));
    else {
      outputs.give(output);
      this.#regain();
    }
  }

  #regain(): void {
    if (this.#heldBySocket === null) return;
    for (const each of this.#heldBySocket) this.#context.outputs.give(each);
    this.#heldBySocket = null;
  }

  /** A write above the socket's mark is not `taken`, even when the system took it whole: then nothing is queued. */
  #wrote(taken: boolean, length: number): void {
    this.#count(length);
    if (!taken && this.socket.writableLength > 0) this.backedUp = true;
  }

  #count(length: number): void {
    this.#written += length;
    if (this.sent !== null) this.sent.add(length);
  }

  buffer(): Buffer | null {
    return this.#reads.next();
  }

  /** The socket has read. */
  callback(length: number, buffer: Buffer): void {
    if (this.received !== null) this.received.add(length);
    // Read and dropped, so that the peer gets our last bytes instead of a reset.
    if (this.#closing) return;
    const { turn, lending, buffer: shared } = this.#context;
    turn.enter();
    lending.begin(buffer === shared ? null : buffer);
    try {
      this.sink.onBytes(buffer, length);
    } finally {
      turn.leave();
      lending.end();
    }
    if (this.layer === null) this.#reads.chooseAfter(length, lending.kept);
  }

  drained(): void {
    if (!this.backedUp) return;
    this.backedUp = false;
    this.#regain();
    if (this.lent !== null) this.#context.bulk.give(this.lent);
    this.lent = null;
    this.#context.turn.run(() => this.sink.onDrain());
  }

  eof(): void {
    this.#closedBy ??= 'peer';
    if (this.#closing) return this.destroy();
    this.#context.turn.run(() => this.sink.onEof());
  }

  failed({ code }: { readonly code?: string | undefined }): void {
    this.#error = code ?? 'ERROR';
    // An alert of TLS after the handshake would leave it half open.
    this.socket.destroy();
  }

  closed(): void {
    this.#gone = true;
    this.#ending = true;
    this.#closedBy ??= 'peer';
    this.#drop();
    this.#reads.drop();
    this.#context.turn.run(() => this.sink.onClose(this.#error));
  }
}
