import type { FastifyReply } from 'fastify';
import type { Failure } from './failure.ts';

/** Answers with a Kubernetes Status object. */
export function refuse(reply: FastifyReply, failure: Failure): FastifyReply {
  const retry = failure.details?.retryAfterSeconds;
  if (retry !== undefined) reply.header('retry-after', String(retry));
  return reply.code(failure.code).send(failure.status());
}
