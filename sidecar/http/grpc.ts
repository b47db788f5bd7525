import type { Exchange } from '../core/exchange.ts';
import { GRPC, grpcOfHttp, grpcStatusIn } from '../core/grpc.ts';
import { H, type HeaderList } from '../core/headers.ts';
import { RESPONSE_FLAG } from '../core/outcome.ts';
import type { HttpContext, Upstream } from './context.ts';

const GRPC_STATUS = H['grpc-status'];

/** The head of a gRPC response: it says the status when it is all there is, and else it is behind the messages. */
export function noteGrpcHead(x: Exchange, status: number, headers: HeaderList): void {
  const text = headers.getKnown(GRPC_STATUS);
  if (text !== undefined) x.grpcStatus = grpcStatusIn(text);
  else if (status !== 200) x.grpcStatus = grpcOfHttp(status);
}

/** The end of a gRPC response: one without any status is UNKNOWN. */
export function noteGrpcEnd(x: Exchange, trailers: HeaderList | null): void {
  const text = trailers === null ? undefined : trailers.getKnown(GRPC_STATUS);
  if (text !== undefined) x.grpcStatus = grpcStatusIn(text);
  else if (x.grpcStatus < 0) x.grpcStatus = GRPC.unknown;
}

/** Counts a call that is over. One that the client gave up says nothing of the service. */
export function recordGrpc(x: Exchange, upstream: Upstream | null, { metrics }: HttpContext): void {
  if (x.grpcStatus < 0) x.grpcStatus = (x.flags & RESPONSE_FLAG.DC) !== 0 ? GRPC.cancelled : GRPC.unknown;
  if ((x.flags & RESPONSE_FLAG.DC) === 0) upstream?.stats.recordGrpc(x.grpcStatus);
  metrics.recordGrpc(x);
}
