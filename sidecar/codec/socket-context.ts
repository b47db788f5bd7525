import type { Turn } from '../core/turn.ts';
import { MAX_ROOM } from '../core/wire.ts';
import { OutputStock } from './output.ts';
import { BulkStock, Lending } from './read-buffer.ts';

/** What one thread's sockets share. */
export interface SocketContext {
  readonly turn: Turn;
  /** All connections read into this one buffer, unless much comes: what it holds is borrowed until the callback returns. */
  readonly buffer: Buffer;
  readonly outputs: OutputStock;
  readonly bulk: BulkStock;
  readonly lending: Lending;
  /** Runs `action` once after `ms`; the socket cannot cancel it, so it must be idempotent. */
  later(ms: number, action: () => void): void;
}

export function socketContext(turn: Turn, later: SocketContext['later']): SocketContext {
  const buffer = Buffer.allocUnsafeSlow(MAX_ROOM);
  return { turn, buffer, outputs: new OutputStock(), bulk: new BulkStock(), lending: new Lending(), later };
}
