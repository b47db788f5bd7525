import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { type HandleOwner, onClosed, onConnected, onRead, onShutdown, onWritten, owned } from './handle-owner.ts';
import type { SocketEvents } from './socket-events.ts';
import { bindings, type Name, type TcpHandle, type WriteRequest } from './tcp-handle.ts';

/** Bytes queued here from which a write says so, as in `net.Socket`. */
const HIGH_WATER = 64 * 1024;
/** uv's numbers. */
const EOF = -4095;
const NOT_CONNECTED = -107;

const { stream, tcp } = bindings ?? { stream: null, tcp: null };
const state = stream?.streamBaseState ?? new Int32Array(1);
const read = stream?.kReadBytesOrError ?? 0;
const lastWriteError = stream?.kLastWriteErr ?? 0;

/** What comes: as `onread` of `net.Socket`, and the same rules. */
export interface Reader {
  /** The buffer of the next read, null = the same as before. */
  buffer(): Buffer | null;
  callback(length: number, buffer: Buffer): void;
}

/**
 * A TCP connection on Node's bare handle: what of `net.Socket` a wire needs, under the same names and with the same meaning, without
 * two streams around it, which nobody here reads: they were a fifth of what an idle connection holds, and an eighth of what a
 * short one costs. Half-open always: it closes by itself once both sides have ended.
 */
export class BareSocket implements HandleOwner {
  /** Hears what becomes of it; set before anything can. */
  events: SocketEvents = unheard;
  /** The peer has sent FIN. */
  readableEnded = false;
  /** Bytes that the system has not taken yet. */
  writableLength = 0;
  readonly #handle: TcpHandle;
  readonly #reader: Reader;
  #buffer: Buffer;
  #connecting: (() => void) | null;
  /** What is gathered: each chunk and its encoding. */
  #corked: (string | Uint8Array)[] | null = null;
  #corkedBytes = 0;
  #paused = false;
  #ending = false;
  #finished = false;
  #destroyed = false;
  #wantsDrain = false;
  #peer: Name | null = null;
  #own: Name | null = null;

  private constructor(handle: TcpHandle, reader: Reader, connected: (() => void) | null) {
    this.#handle = handle;
    this.#reader = reader;
    this.#connecting = connected;
    this.#buffer = reader.buffer() as Buffer;
    owned(handle, this).onread = onRead;
    handle.useUserBuffer(this.#buffer);
  }

  /** Whether this Node has what it needs. */
  static get possible(): boolean {
    return bindings !== null;
  }

  /** Takes an accepted connection. */
  static accepted(handle: object, reader: Reader): BareSocket {
    const socket = new BareSocket(handle as TcpHandle, reader, null);
    socket.#startReading();
    return socket;
  }

  /** Begins to connect to an IP address; `connected` is called when the connection stands. */
  static dialled(host: string, port: number, reader: Reader, connected: () => void): BareSocket {
    if (tcp === null) throw new TypeError('not possible here');
    const handle = new tcp.TCP(tcp.constants.SOCKET);
    const socket = new BareSocket(handle, reader, connected);
    const request = new tcp.TCPConnectWrap();
    request.oncomplete = onConnected;
    const error = net.isIPv6(host) ? handle.connect6(request, host, port) : handle.connect(request, host, port);
    // Whoever dialled does not listen yet.
    if (error !== 0) queueMicrotask(() => socket.#fail(error));
    return socket;
  }

  get remoteAddress(): string | undefined {
    return this.#peername().address;
  }

  get remotePort(): number | undefined {
    return this.#peername().port;
  }

  get localAddress(): string | undefined {
    return this.#sockname().address;
  }

  get localPort(): number | undefined {
    return this.#sockname().port;
  }

  /** Text is latin1. False = more is queued than is good: `drained` will follow. The chunk must not change while anything is queued. */
  write(chunk: string | Uint8Array, _encoding?: 'latin1'): boolean {
    if (this.#ending || this.#destroyed) return true;
    if (this.#corked !== null) {
      this.#corked.push(chunk, typeof chunk === 'string' ? 'latin1' : 'buffer');
      this.#corkedBytes += chunk.length;
      return this.writableLength + this.#corkedBytes < HIGH_WATER;
    }
    const handle = this.#handle;
    const result = typeof chunk === 'string' ? handle.writeLatin1String(null, chunk) : handle.writeBuffer(null, chunk);
    return result === 0 || this.#queued(result, chunk, chunk.length);
  }

  /** Gathers what is written until `uncork`. */
  cork(): void {
    this.#corked ??= [];
  }

  /** Hands all that was gathered to the system, in one call. */
  uncork(): void {
    const [chunks, bytes] = [this.#corked, this.#corkedBytes];
    this.#corked = null;
    this.#corkedBytes = 0;
    if (chunks === null || chunks.length === 0 || this.#destroyed) return;
    const result = this.#handle.writev(null, chunks, false);
    if (result !== 0) this.#queued(result, chunks, bytes);
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    if (!this.#destroyed && this.#connecting === null) this.#handle.readStop();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.#destroyed && this.#connecting === null) this.#startReading();
  }

  /** FIN, behind what is queued. */
  end(): void {
    if (this.#ending || this.#destroyed) return;
    this.uncork();
    this.#ending = true;
    if (this.#connecting === null) this.#shutdown();
  }

  /** Closes now; what is queued is lost. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#handle.onread = nothing;
    this.#handle.close(onClosed);
  }

  /** As `destroy`, with RST. */
  resetAndDestroy(): void {
    if (this.#destroyed) return;
    // While a FIN is on its way the system refuses, and the handle could not even be closed any more.
    if (this.#connecting !== null || (this.#ending && !this.#finished)) return this.destroy();
    this.#handle.onread = nothing;
    this.#destroyed = true;
    this.#handle.reset(onClosed);
  }

  /** The connection as an ordinary socket that does not read yet, for TLS to stand on; nothing more is heard of it here. */
  toSocket(): net.Socket {
    // Known further on here, too.
    void [this.#peername(), this.#sockname()];
    this.#destroyed = true;
    this.events = unheard;
    const [handle, on] = [this.#handle, true];
    const options: object = { handle, allowHalfOpen: on, pauseOnCreate: on, readable: on, writable: on };
    return new net.Socket(options);
  }

  /** After each read. */
  onRead(): Uint8Array | undefined {
    const length = state[read] as number;
    if (length > 0) {
      this.#reader.callback(length, this.#buffer);
      const next = this.#reader.buffer();
      if (next === null) return undefined;
      this.#buffer = next;
      return next;
    }
    if (length === EOF) this.#ended();
    else if (length < 0) this.#fail(length);
    return undefined;
  }

  onConnected(status: number): void {
    const connected = this.#connecting;
    if (this.#destroyed || connected === null) return;
    if (status !== 0) return this.#fail(status);
    this.#handle.setNoDelay(true);
    // Reading and FIN, whatever is said about them now, begin behind it: to begin twice would be an error.
    connected();
    this.#connecting = null;
    if (this.#destroyed) return;
    if (this.#ending) this.#shutdown();
    if (!this.#paused) this.#startReading();
  }

  onWritten(bytes: number, status: number): void {
    this.writableLength -= bytes;
    if (this.#destroyed) return;
    if (status < 0) return this.#fail(status);
    if (!this.#wantsDrain || this.writableLength > 0) return;
    this.#wantsDrain = false;
    this.events.drained();
  }

  onClosed(): void {
    this.events.closed();
  }

  onShutdown(): void {
    this.#finished = true;
    if (this.readableEnded) this.destroy();
  }

  #ended(): void {
    if (this.readableEnded) return;
    this.readableEnded = true;
    this.events.eof();
    if (this.#finished) this.destroy();
  }

  /** The system did not take all; `result` is an error, or knows when the rest is gone. */
  #queued(result: number | WriteRequest, kept: unknown, bytes: number): boolean {
    const error = typeof result === 'number' ? result : (state[lastWriteError] as number);
    if (error !== 0 || typeof result === 'number') {
      this.#fail(error);
      return true;
    }
    const request = owned(result, this);
    request.bytes = bytes;
    request.kept = kept;
    request.oncomplete = onWritten;
    this.writableLength += bytes;
    const status = request.writeStatus;
    if (status !== null) {
      request.writeStatus = null;
      request.oncomplete(status);
    }
    if (this.writableLength < HIGH_WATER) return true;
    this.#wantsDrain = true;
    return false;
  }

  #shutdown(): void {
    if (stream === null) return;
    const request = owned(new stream.ShutdownWrap(), this);
    request.oncomplete = onShutdown;
    const error = this.#handle.shutdown(request);
    if (error === 1 || error === NOT_CONNECTED) this.onShutdown();
    else if (error !== 0) this.#fail(error);
  }

  #startReading(): void {
    if (this.readableEnded) return;
    const error = this.#handle.readStart();
    if (error !== 0) queueMicrotask(() => this.#fail(error));
  }

  #fail(error: number): void {
    if (this.#destroyed) return;
    this.events.failed({ code: getSystemErrorName(error) });
    this.destroy();
  }

  #peername(): Name {
    if (this.#peer !== null) return this.#peer;
    const name: Name = {};
    if (!this.#destroyed && this.#handle.getpeername(name) === 0) this.#peer = name;
    return name;
  }

  #sockname(): Name {
    if (this.#own !== null) return this.#own;
    const name: Name = {};
    if (!this.#destroyed && this.#handle.getsockname(name) === 0) this.#own = name;
    return name;
  }
}

const unheard: SocketEvents = { drained() {}, eof() {}, failed() {}, closed() {} };

function nothing(): undefined {
  return undefined;
}
