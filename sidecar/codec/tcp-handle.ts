import process from 'node:process';

/** Node's object for one TCP connection, the one that `net.Socket` stands on. Numbers below 0 are the system's errors. */
export interface TcpHandle {
  /** Called after each read, `this` being the handle: what it returns is the buffer of further reads. */
  onread: (this: TcpHandle) => Uint8Array | undefined;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
  /** 0: the system took all of it. An object: the rest is on its way, and `oncomplete` of the object will be called. */
  writeLatin1String(request: null, text: string): number | WriteRequest;
  writeBuffer(request: null, bytes: Uint8Array): number | WriteRequest;
  /** Buffers alone, or each followed by its encoding. */
  writev(request: null, chunks: unknown[], buffersOnly: boolean): number | WriteRequest;
  /** 1: done. */
  shutdown(request: ShutdownRequest): number;
  close(done: (this: TcpHandle) => void): void;
  reset(done: (this: TcpHandle) => void): number;
  connect(request: ConnectRequest, address: string, port: number): number;
  connect6(request: ConnectRequest, address: string, port: number): number;
  setNoDelay(on: boolean): void;
  getpeername(into: Name): number;
  getsockname(into: Name): number;
}

export interface Name {
  address?: string;
  port?: number;
}

export interface WriteRequest {
  oncomplete: (this: WriteRequest, status: number) => void;
  /** Not null: it was over before anybody could be told. */
  writeStatus: number | null;
  /** Ours: how much it is, and what must live as long. */
  bytes: number;
  kept: unknown;
}

export interface ShutdownRequest {
  oncomplete: (this: ShutdownRequest, status: number) => void;
}

export interface ConnectRequest {
  oncomplete: (this: ConnectRequest, status: number, handle: TcpHandle) => void;
}

interface Bindings {
  readonly stream: {
    readonly streamBaseState: Int32Array;
    readonly kReadBytesOrError: number;
    readonly kLastWriteErr: number;
    readonly ShutdownWrap: new () => ShutdownRequest;
  };
  readonly tcp: {
    readonly TCP: new (type: number) => TcpHandle;
    readonly TCPConnectWrap: new () => ConnectRequest;
    readonly constants: { readonly SOCKET: number };
  };
}

const METHODS = [
  ...['onread', 'useUserBuffer', 'readStart', 'readStop', 'writeLatin1String', 'writeBuffer', 'writev'],
  ...['shutdown', 'close', 'reset', 'connect', 'connect6', 'setNoDelay', 'getpeername', 'getsockname'],
];

/**
 * The parts of Node that handles need beside themselves; null where they are not as they are known to be, or not to be had: then
 * connections are ordinary sockets. Internal to Node: see "Internal to Node" in ARCHITECTURE.md.
 */
export const bindings = known(found());

function found(): Bindings | null {
  const { binding } = process as unknown as { binding?: (name: string) => unknown };
  if (typeof binding !== 'function') return null;
  try {
    return { stream: binding('stream_wrap'), tcp: binding('tcp_wrap') } as Bindings;
  } catch {
    // A process under Node's permission model has none.
    return null;
  }
}

function known(all: Bindings | null): Bindings | null {
  if (all === null) return null;
  const { stream, tcp } = all;
  const numbers = [stream.kReadBytesOrError, stream.kLastWriteErr, tcp.constants?.SOCKET];
  const classes = [stream.ShutdownWrap, tcp.TCP, tcp.TCPConnectWrap];
  const whole =
    ArrayBuffer.isView(stream.streamBaseState) &&
    numbers.every((each) => typeof each === 'number') &&
    classes.every((each) => typeof each === 'function') &&
    METHODS.every((name) => name in tcp.TCP.prototype);
  return whole ? all : null;
}
