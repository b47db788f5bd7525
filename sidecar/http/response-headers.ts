import { H, type HeaderList } from '../core/headers.ts';
import { respondedVia } from '../filter/forwarded.ts';
import type { Attempt } from './attempt.ts';
import type { HttpContext } from './context.ts';

const DATE = 1 << H.date;

/** What this hop says of its own in the head of a response that came from upstream. */
export function stampResponse(headers: HeaderList, attempt: Attempt, { date, manager, turn }: HttpContext): void {
  headers.set('x-envoy-upstream-service-time', String(Math.round(turn.now - attempt.started)));
  if ((headers.known & DATE) === 0 && !headers.has('date')) headers.add('date', date.text);
  if (manager.serverName !== '') headers.set('server', manager.serverName);
  respondedVia(headers, manager.via);
}
