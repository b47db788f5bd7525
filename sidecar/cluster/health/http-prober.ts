import type { TLSSocket } from 'node:tls';
import { type buildConnector, Client } from 'undici';
import type { Cancel } from '../../../shared/time/clock.ts';
import { nodeTls } from '../../codec/secure-context.ts';
import { clientOptions } from '../../codec/tls-client.ts';
import type { HttpProbePlan, StatusRange } from '../../core/plan/health-check.ts';
import type { ClientTlsPlan } from '../../core/plan/tls.ts';
import type { ProbeResult } from './endpoint-check.ts';
import { PayloadMatch } from './payload.ts';
import { type Prober, type ProbeTarget, passed, refused, unreachable } from './probe.ts';

/** How long an idle connection is kept for the next probe at most, ms. */
const KEEP_ALIVE = 600_000;

type Answer = Awaited<ReturnType<Client['request']>>;

/** Asks by HTTP/1.1 or HTTP/2 and looks at the status, and at the body when something is to be in it. */
export class HttpProber implements Prober {
  readonly #plan: HttpProbePlan;
  readonly #reuse: boolean;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #client: Client;
  /** A handshake under way. */
  #handshake: TLSSocket | null = null;

  constructor(
    plan: HttpProbePlan,
    { address, hostname, port }: ProbeTarget,
    reuse: boolean,
    tls: ClientTlsPlan | null,
  ) {
    this.#plan = plan;
    this.#reuse = reuse;
    const headers = new Map([['host', plan.host || hostname], ['user-agent', 'Aya/HC'], ...plan.headers]);
    for (const name of plan.remove) headers.delete(name);
    this.#headers = Object.fromEntries(headers);
    const host = address.includes(':') ? `[${address}]` : address;
    // Times are kept by whoever probes.
    this.#client = new Client(`${tls ? 'https' : 'http'}://${host}:${port}`, {
      keepAliveTimeout: KEEP_ALIVE,
      keepAliveMaxTimeout: KEEP_ALIVE,
      headersTimeout: 0,
      bodyTimeout: 0,
      connectTimeout: 0,
      ...(plan.http2 && { allowH2: true, useH2c: tls === null }),
      ...(tls && { connect: (_options, done) => this.#connect(tls, address, port, done) }),
    });
  }

  probe(done: (result: ProbeResult) => void): Cancel {
    const abort = new AbortController();
    this.#ask(abort.signal).then(
      (result) => {
        if (!abort.signal.aborted) done(result);
      },
      (error: NodeJS.ErrnoException) => {
        if (!abort.signal.aborted) done(unreachable(`no answer: ${error.code ?? error.message}`));
      },
    );
    return () => {
      abort.abort();
      // Else the next probe would wait for it, too.
      this.#handshake?.destroy(new Error('the handshake takes too long'));
    };
  }

  close(): void {
    void this.#client.destroy();
  }

  /** As requests of the cluster do. */
  #connect(tls: ClientTlsPlan, host: string, port: number, done: buildConnector.Callback): void {
    const protocols = this.#plan.http2 ? ['h2'] : ['http/1.1'];
    const socket = nodeTls().connect({ ...clientOptions(tls, protocols), host, port });
    this.#handshake = socket;
    const failed = (error: Error): void => {
      this.#handshake = null;
      done(error, null);
    };
    socket.once('error', failed);
    socket.once('secureConnect', () => {
      this.#handshake = null;
      socket.off('error', failed);
      done(null, socket);
    });
  }

  async #ask(signal: AbortSignal): Promise<ProbeResult> {
    const { method, path } = this.#plan;
    const answer = await this.#client.request({
      method: method as 'GET',
      path,
      headers: this.#headers,
      // A stream of HTTP/2 has no connection of its own to close.
      reset: !this.#reuse && !this.#plan.http2,
      signal,
    });
    const { expected, receive, retriable } = this.#plan;
    const body = await this.#body(answer);
    const { statusCode } = answer;
    if (!inRanges(expected, statusCode)) {
      return refused(`its health check was answered ${statusCode}`, !inRanges(retriable, statusCode));
    }
    if (!body) return refused(`its answer has not all of the ${receive.length} expected parts`);
    return answer.headers['x-envoy-degraded'] === undefined ? passed : { passed: true, degraded: true };
  }

  /** Reads the body to its end, so that the connection can be used again; false = it is not what is expected. */
  async #body({ body }: Answer): Promise<boolean> {
    const { receive, responseBuffer } = this.#plan;
    const match = new PayloadMatch(receive);
    let left = responseBuffer === 0 ? Number.POSITIVE_INFINITY : responseBuffer;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (left > 0 && receive.length > 0) match.push(chunk.subarray(0, Math.min(left, chunk.length)));
      left -= chunk.length;
    }
    return match.complete;
  }
}

function inRanges(ranges: readonly StatusRange[], status: number): boolean {
  return ranges.some(({ start, end }) => status >= start && status < end);
}
