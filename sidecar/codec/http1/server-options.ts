import type { Wheel } from '../../../shared/time/wheel.ts';
import type { ExchangeHandler } from '../../core/exchange.ts';
import type { Turn } from '../../core/turn.ts';
import type { DateText } from './date-text.ts';
import type { RequestLimits } from './request-parser.ts';
import type { ServerSession } from './server-session.ts';

/**
 * What the connections of one HTTP connection manager share: the fields of HttpManagerPlan that concern the codec.
 * Milliseconds, 0 = never.
 */
export interface ServerOptions extends RequestLimits {
  /** From the first byte of a head to its end; else 408. */
  readonly headersTimeout: number;
  /** From the first byte of a head to the last byte of its request; else 408. */
  readonly requestTimeout: number;
  /** An exchange in which nothing moves. */
  readonly streamIdleTimeout: number;
  /** A connection without any request. */
  readonly idleTimeout: number;
  /** After it the connection drains. */
  readonly maxConnectionDuration: number;
  /** 0 = no limit. */
  readonly maxRequestsPerConnection: number;
}

/** Who keeps the connections, and hears of what never became an exchange. */
export interface ServerSessionOwner {
  /** The codec answered a request that it could not understand, or that came too slowly, itself. */
  onBadRequest(session: ServerSession, status: number, reason: string): void;
  /** The connection is gone; called once. */
  onClosed(session: ServerSession): void;
}

/** What all connections of a listener in one thread share. */
export interface ServerContext {
  readonly handler: ExchangeHandler;
  readonly owner: ServerSessionOwner;
  readonly turn: Turn;
  readonly wheel: Wheel;
  readonly date: DateText;
  /** 'http', or 'https' behind TLS. */
  readonly scheme: string;
}
