import type { ServerResponse } from 'node:http';
import type { Cancel } from '../../shared/time/clock.ts';
import { type AnyObject, apiVersionOf, type Kind } from '../model/kinds.ts';
import { storePrefix } from '../model/stored.ts';
import type { Seen } from '../store/cache.ts';
import type { ApiContext } from './context.ts';
import { expired, type Failure } from './failure.ts';
import type { Selector } from './selector.ts';
import type { View } from './view.ts';

export interface WatchRequest {
  kind: Kind;
  /** Undefined: all namespaces. */
  namespace: string | undefined;
  selector: Selector;
  /** Undefined: begin with what is there, as ADDED events. */
  from: number | undefined;
  bookmarks: boolean;
  /** Begin with what is there, and say where that ends by a bookmark (Kubernetes' WatchList). */
  initialEvents: boolean;
  /** Seconds after which the server ends the watch; undefined: never. */
  timeout: number | undefined;
  view: View;
}

/** How often a client that asked for bookmarks learns how far it is, ms. */
const bookmarkInterval = 30_000;
/** A client that does not read is dropped when so many bytes wait for it; it lists again when it comes back. */
const maxWaiting = 16 * 1024 * 1024;

/** Streams events as lines of JSON until the client goes. The response's head is written here, unless it is refused. */
export function startWatch(context: ApiContext, request: WatchRequest, response: ServerResponse): Failure | undefined {
  const { kind, namespace, selector, view } = request;
  const { cache } = context.objects;
  const prefix = storePrefix(kind, namespace);

  const send = (type: string, object: object): void => {
    response.write(`${JSON.stringify({ type, object })}\n`);
    if (response.writableLength > maxWaiting) response.destroy();
  };
  const bookmark = (annotations?: Record<string, string>): void =>
    send('BOOKMARK', {
      kind: kind.kind,
      apiVersion: apiVersionOf(kind),
      metadata: { resourceVersion: String(cache.revision), ...(annotations && { annotations }) },
    });
  const onChanges = (changes: readonly Seen<AnyObject>[]): void => {
    for (const change of changes) {
      if (!change.key.startsWith(prefix)) continue;
      const event = eventOf(change, selector);
      if (event) send(event.type, view.event(event.object));
    }
  };

  const whole = request.initialEvents || request.from === undefined;
  if (!whole && !knows(context, request.from ?? 0)) return expired(request.from ?? 0);
  response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
  response.flushHeaders();
  if (whole) {
    for (const object of cache.list(prefix)) if (selector(object.metadata)) send('ADDED', view.event(object));
    if (request.initialEvents && request.bookmarks) bookmark({ 'k8s.io/initial-events-end': 'true' });
  }
  const stop = cache.watch(whole ? cache.revision : (request.from ?? 0), onChanges);
  const timers: Cancel[] = [];
  if (request.bookmarks) timers.push(context.clock.every(bookmarkInterval, () => bookmark()));
  if (request.timeout !== undefined) timers.push(context.clock.after(request.timeout * 1000, () => response.end()));
  response.on('close', () => {
    stop?.();
    for (const cancel of timers) cancel();
  });
  return undefined;
}

/** Whether all changes after `revision` are still known. */
function knows(context: ApiContext, revision: number): boolean {
  const stop = context.objects.cache.watch(revision, () => {});
  stop?.();
  return stop !== undefined;
}

/** What a change is to somebody who sees only what `selector` lets through. */
function eventOf(
  { value, previous, revision }: Seen<AnyObject>,
  selector: Selector,
): { type: string; object: AnyObject } | undefined {
  const before = previous !== undefined && selector(previous.metadata);
  if (value !== undefined && selector(value.metadata)) return { type: before ? 'MODIFIED' : 'ADDED', object: value };
  if (!before) return undefined;
  const last = value ?? previous;
  return {
    type: 'DELETED',
    object: { ...last, metadata: { ...last.metadata, resourceVersion: String(revision) } } as AnyObject,
  };
}
