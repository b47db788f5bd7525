import type { ConnectRequest, ShutdownRequest, TcpHandle, WriteRequest } from './tcp-handle.ts';

/** Who hears what Node calls on handles and requests. */
export interface HandleOwner {
  /** After each read; returns the buffer of further reads, if it is another one. */
  onRead(): Uint8Array | undefined;
  onConnected(status: number): void;
  onWritten(bytes: number, status: number): void;
  onShutdown(): void;
  onClosed(): void;
}

const owner = Symbol('owner');
type Owned<T> = T & { [owner]: HandleOwner };

/** Makes `by` the owner of a handle or a request. */
export function owned<T extends TcpHandle | WriteRequest | ShutdownRequest>(what: T, by: HandleOwner): T {
  (what as Owned<T>)[owner] = by;
  return what;
}

// One function of each kind for all connections: an idle one would pay for functions of its own.
export function onRead(this: TcpHandle): Uint8Array | undefined {
  return (this as Owned<TcpHandle>)[owner].onRead();
}

export function onClosed(this: TcpHandle): void {
  (this as Owned<TcpHandle>)[owner].onClosed();
}

export function onConnected(this: ConnectRequest, status: number, handle: TcpHandle): void {
  (handle as Owned<TcpHandle>)[owner].onConnected(status);
}

export function onWritten(this: WriteRequest, status: number): void {
  (this as Owned<WriteRequest>)[owner].onWritten(this.bytes, status);
}

export function onShutdown(this: ShutdownRequest): void {
  (this as Owned<ShutdownRequest>)[owner].onShutdown();
}
