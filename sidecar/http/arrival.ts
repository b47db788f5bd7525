import type { Exchange } from '../core/exchange.ts';
import { isGrpcType } from '../core/grpc.ts';
import { H } from '../core/headers.ts';
import { forwardHeaders } from '../filter/forwarded.ts';
import { stripPort } from './authority.ts';
import type { HttpContext } from './context.ts';

const CONTENT_TYPE = H['content-type'];

/** What is settled of a request before anybody looks for its route. */
export function arrive(x: Exchange, { manager, requestIds, stats }: HttpContext): void {
  x.grpc = isGrpcType(x.headers.getKnown(CONTENT_TYPE));
  stats.beginRequest(x.version);
  if (manager.stripPort !== 'none') stripPort(x, manager.stripPort);
  forwardHeaders(x, manager);
  if (manager.generateRequestId) requestIds.stamp(x, manager);
}
