import { request } from 'undici';
import type { Failure } from '../failure.ts';
import type { WatchEvent } from './object.ts';
import { refusalOf, unreachable } from './refusal.ts';

export type Query = Record<string, string | undefined>;

const json = 'application/json';
/** Longer than any answer of a healthy control plane takes; a watch has no end. */
const answerTimeoutMs = 15_000;

/** Speaks HTTP to one control plane. Every method resolves to the parsed answer, or to the failure that a person should read. */
export class ApiClient {
  readonly server: URL;

  constructor(server: URL) {
    this.server = server;
  }

  get<T>(path: string, query: Query = {}): Promise<T | Failure> {
    return this.#exchange<T>('GET', path, query);
  }

  create<T>(path: string, body: unknown, query: Query = {}): Promise<T | Failure> {
    return this.#exchange<T>('POST', path, query, body, json);
  }

  /** RFC 7396. */
  mergePatch<T>(path: string, body: unknown, query: Query = {}): Promise<T | Failure> {
    return this.#exchange<T>('PATCH', path, query, body, 'application/merge-patch+json');
  }

  delete<T>(path: string, query: Query = {}): Promise<T | Failure> {
    return this.#exchange<T>('DELETE', path, query);
  }

  /** Events from a version on, until the server ends the watch. A failure is yielded last. */
  async *watch(path: string, query: Query): AsyncGenerator<WatchEvent | Failure> {
    try {
      const answer = await request(this.#url(path, { ...query, watch: 'true' }), {
        headers: { accept: json },
        headersTimeout: answerTimeoutMs,
        bodyTimeout: 0,
      });
      if (answer.statusCode !== 200) {
        yield refusalOf(answer.statusCode, await answer.body.text(), this.server);
        return;
      }
      let rest = '';
      const decoder = new TextDecoder();
      for await (const chunk of answer.body) {
        const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          if (line === '') continue;
          const event = JSON.parse(line) as WatchEvent;
          if (event.type === 'ERROR') {
            yield refusalOf(Number(event.object.code ?? 500), JSON.stringify(event.object), this.server);
            return;
          }
          yield event;
        }
      }
    } catch (error) {
      yield unreachable(this.server, error);
    }
  }

  async #exchange<T>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    query: Query,
    body?: unknown,
    contentType?: string,
  ): Promise<T | Failure> {
    try {
      const answer = await request(this.#url(path, query), {
        method,
        headers: { accept: json, ...(contentType && { 'content-type': contentType }) },
        body: body === undefined ? null : JSON.stringify(body),
        headersTimeout: answerTimeoutMs,
        bodyTimeout: answerTimeoutMs,
      });
      const text = await answer.body.text();
      if (answer.statusCode < 200 || answer.statusCode > 299) return refusalOf(answer.statusCode, text, this.server);
      try {
        return JSON.parse(text) as T;
      } catch {
        return refusalOf(answer.statusCode, text, this.server);
      }
    } catch (error) {
      return unreachable(this.server, error);
    }
  }

  #url(path: string, query: Query): URL {
    const url = new URL(path, this.server);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    return url;
  }
}
