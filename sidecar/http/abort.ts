import type { Exchange } from '../core/exchange.ts';
import { RESPONSE_FLAG } from '../core/outcome.ts';
import type { HttpContext } from './context.ts';

/**
 * Notes why the client's side broke an exchange off, as Envoy tells it: DC for a client that went, DPE for one that broke the
 * protocol, SI for a stream in which nothing moved, and no flag for a request that took too long as a whole. After the
 * last three the codec has answered, when it was not too late, and `x.status` says what.
 */
export function recordAbort(
  x: Exchange,
  failure: 'reset' | 'protocol' | 'timeout',
  requestEnded: boolean,
  { manager, stats, turn }: HttpContext,
): void {
  if (failure === 'reset') {
    x.flags |= RESPONSE_FLAG.DC;
    x.detail = 'downstream_remote_disconnect';
    stats.downstreamRqRxReset.inc();
    stats.downstreamCxDestroyActiveRq.inc();
    stats.downstreamCxDestroyRemoteActiveRq.inc();
  } else if (failure === 'protocol') {
    x.flags |= RESPONSE_FLAG.DPE;
    x.detail = 'downstream_protocol_error';
    stats.downstreamCxProtocolError.inc();
  } else if (!requestEnded && manager.requestTimeout > 0 && turn.now - x.started >= manager.requestTimeout) {
    x.detail = 'request_overall_timeout';
    stats.downstreamRqTimeout.inc();
  } else {
    x.flags |= RESPONSE_FLAG.SI;
    x.detail = 'stream_idle_timeout';
    stats.downstreamRqIdleTimeout.inc();
  }
}
