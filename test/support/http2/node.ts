import { systemClock } from '../../../shared/time/clock.ts';
import { Wheel } from '../../../shared/time/wheel.ts';
import { DateText } from '../../../sidecar/codec/http1/date-text.ts';
import type { ServerContext, ServerOptions, ServerSessionOwner } from '../../../sidecar/codec/http2/server-options.ts';
import { type SocketContext, socketContext } from '../../../sidecar/codec/socket-context.ts';
import type { ExchangeHandler } from '../../../sidecar/core/exchange.ts';
import { Turn } from '../../../sidecar/core/turn.ts';

/** Timeouts long enough for any test that is not about them. */
export const PATIENT: ServerOptions = {
  maxHeadBytes: 60 * 1024,
  maxHeaders: 100,
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  streamIdleTimeout: 60_000,
  idleTimeout: 60_000,
  maxConnectionDuration: 0,
  maxRequestsPerConnection: 0,
};

/** What a worker has, as far as the codec needs it, on real time and real sockets. */
export interface RealTurns {
  readonly turn: Turn;
  readonly wheel: Wheel;
  readonly sockets: SocketContext;
  serverContext(handler: ExchangeHandler, owner?: Partial<ServerSessionOwner>): ServerContext;
}

export function realTurns(): RealTurns {
  const turn = new Turn(systemClock);
  const wheel = new Wheel(systemClock, (run) => {
    turn.enter();
    try {
      run();
    } finally {
      turn.leave();
    }
  });
  return {
    turn,
    wheel,
    sockets: socketContext(turn, (ms, action) => systemClock.after(ms, action)),
    serverContext: (handler, owner) => ({
      turn,
      wheel,
      handler,
      date: new DateText(systemClock),
      owner: { onBadRequest() {}, onProtocolError() {}, onClosed() {}, ...owner },
    }),
  };
}
