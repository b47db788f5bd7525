import type { LiveEndpoint } from '../cluster/live-endpoint.ts';
import { OBSERVED, observationOfGrpc, observationOfStatus } from '../cluster/outlier/observation.ts';
import type { Exchange } from '../core/exchange.ts';
import type { LocalReply } from '../core/filter.ts';
import { grpcOfHttp } from '../core/grpc.ts';
import { HeaderList } from '../core/headers.ts';
import type { Failure } from '../core/outcome.ts';

/** An injected answer has none. */
const NO_HEADERS = HeaderList.of();

/** A fault answered in place of the endpoint, which is blamed as for a real answer. Returns one of OBSERVED. */
export function observeInjected(reply: LocalReply, { grpc }: Exchange, endpoint: LiveEndpoint, now: number): number {
  const { exempt, grpcStatus, status } = reply;
  if (endpoint.begin()) endpoint.end();
  let observed: number = OBSERVED.nothing;
  if (!exempt) {
    observed = grpc && grpcStatus !== undefined ? observationOfGrpc(grpcStatus) : observationOfStatus(status);
    endpoint.meter?.head(status, NO_HEADERS, 0, now);
  }
  endpoint.observed(observed, 0);
  return observed;
}

/** As retries see it. */
export function injectedFailure({ detail, flags: flag, grpcStatus, status }: LocalReply): Failure {
  return { kind: 'injected', flag, status, detail, grpcStatus: grpcStatus ?? grpcOfHttp(status) };
}
