import { H, type HeaderList } from '../../core/headers.ts';

/**
 * In a reply of a sidecar's own: nobody answered, and `unsent`: no byte of the request can have reached a program; `sent`: one may
 * have. The hop before has other endpoints to go to: where routes retry by classes (decision D11) it takes the first for an
 * endpoint that could not be reached, and the other for one that broke off, and keeps this from its own client. A program
 * may say so as well.
 */
export const UNANSWERED = 'x-aya-unanswered';

/** '' = somebody answered. */
export type Unanswered = 'unsent' | 'sent' | '';

/** Takes it out of the head of a response. Such replies are 502 to 504, or have a gRPC status beside a 200. */
export function takeUnanswered(status: number, headers: HeaderList): Unanswered {
  if (status < 502 && (status !== 200 || headers.getKnown(H['grpc-status']) === undefined)) return '';
  const value = headers.get(UNANSWERED);
  if (value === undefined) return '';
  headers.remove(UNANSWERED);
  return value === 'unsent' || value === 'sent' ? value : '';
}
