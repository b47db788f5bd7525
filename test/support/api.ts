import { type Api, type ApiOptions, createApi } from '../../control-plane/api/server.ts';
import { type Objects, openObjects } from '../../control-plane/model/live-world.ts';
import type { Store } from '../../control-plane/store/contract.ts';
import { openSqlite } from '../../control-plane/store/sqlite.ts';
import { silentLog } from '../../shared/log/log.ts';
import { systemClock } from '../../shared/time/clock.ts';

export interface Answer {
  code: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into documents that they know
  body: any;
}

export interface RunningApi {
  api: Api;
  objects: Objects;
  store: Store;
  url: string;
  /** A request with a JSON body; `type` is its content type. */
  call(method: string, path: string, body?: unknown, type?: string): Promise<Answer>;
  close(): Promise<void>;
}

/** An API on a free port of 127.0.0.1, over a store in `file` (in memory when absent). */
export async function startApi(options: Partial<ApiOptions> = {}, file = ':memory:'): Promise<RunningApi> {
  const opened = openSqlite(file);
  if (!opened.ok) throw new Error(opened.message);
  const { store } = opened;
  const objects = await openObjects(store);
  const api = await createApi({
    objects,
    clock: systemClock,
    log: silentLog,
    host: '127.0.0.1',
    port: 0,
    version: '0.0.0',
    ...options,
  });
  return {
    api,
    objects,
    store,
    url: api.url,
    async call(method, path, body, type = 'application/json') {
      const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': type } };
      const response = await fetch(`${api.url}${path}`, { method, ...init });
      const text = await response.text();
      const json = response.headers.get('content-type')?.includes('json');
      return { code: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
    },
    async close() {
      await api.close();
      objects.cache.close();
      await store.close();
    },
  };
}
