/**
 * One byte stream (a TCP connection) as a codec sees it. Output gathers during a turn and leaves in one write at its end
 * (see turn.ts), so a head and a small body cost one system call.
 */
export interface Wire {
  /** Who receives what is read; set by the codec before the first byte. */
  sink: WireSink;
  /** Queues text, one byte per character (latin1). */
  text(text: string): void;
  /** Queues bytes, borrowed until return. False = the peer reads too slowly: wait for `onDrain`. */
  bytes(chunk: Uint8Array): boolean;
  /** More is queued in user space than the wire wants; `onDrain` will follow. */
  readonly backedUp: boolean;
  /** Bytes of output handed to the operating system or queued, since the connection was made. */
  readonly written: number;
  /** Stops and restarts reading. `onEof` and `onClose` may still come while paused. */
  pause(): void;
  resume(): void;
  /** Sends what is queued, then FIN. Reading goes on. */
  end(): void;
  /** Sends what is queued, then FIN, and closes once the peer closed or after the delayed-close time (1 s). */
  close(): void;
  /** Drops what is queued and closes at once, with RST where `abort`. */
  destroy(abort?: boolean): void;
}

/**
 * A wire for a protocol of binary frames: they are written straight into the buffer that leaves at the end of the turn,
 * in the order of all calls of `room`, `text` and `bytes`.
 */
export interface FrameWire extends Wire {
  /** Output with at least `size` free bytes (at most MAX_ROOM). Write from `bytes[at]` on, move `at`, then `commit`. */
  room(size: number): Output;
  /** What was written into the output is to leave at the end of the turn. */
  commit(): void;
}

/** `bytes[0, at)` waits to leave. */
export interface Output {
  bytes: Buffer;
  at: number;
  /**
   * A number of its own between two writes to the operating system: as long as it stays, what stands before `at` can
   * still be changed.
   */
  epoch: number;
}

export const MAX_ROOM = 64 * 1024;

export interface WireSink {
  /** `buffer[0, length)` is borrowed until return: the same memory is used for the next read of any connection. */
  onBytes(buffer: Buffer, length: number): void;
  /** The output queue is empty again. */
  onDrain(): void;
  /** The peer sent FIN. */
  onEof(): void;
  /** The connection is gone; nothing follows. `error` is the system's code (ECONNRESET, ...) or ''. */
  onClose(error: string): void;
}
