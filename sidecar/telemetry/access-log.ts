import type { LogFile } from '../../shared/log/file.ts';
import type { Clock } from '../../shared/time/clock.ts';
import type { Exchange } from '../core/exchange.ts';
import { H, type HeaderList } from '../core/headers.ts';
import { flagNames } from '../core/outcome.ts';
import type { AccessLogPlan } from '../core/plan/access-log.ts';
import { Format } from './format.ts';
import { hostPort } from './operators.ts';
import { isoTime } from './time-format.ts';

/** Envoy's format when none is given, as its documentation states it. */
export const DEFAULT_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" ' +
  '"%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n';

/** The access log of one listener: what its plan lists, each to its file. */
export class AccessLog {
  readonly #outputs: readonly Output[];
  readonly #clock: Clock;

  /** `files` opens a path once per worker. The plan's formats have been checked (`checkFormat`). */
  constructor(plans: readonly AccessLogPlan[], files: { open(path: string): LogFile }, clock: Clock) {
    this.#clock = clock;
    this.#outputs = plans.map((plan) => new Output(plan, files.open(plan.path)));
  }

  /** The exchange is over: `x.ended` is set. `response`: headers sent downstream, null when none were. */
  record(x: Exchange, response: HeaderList | null = null): void {
    const outputs = this.#outputs;
    // x.started is monotonic; the wall clock is read once per line and moved back by what has passed since.
    const started = this.#clock.wall() - (x.ended - x.started);
    for (let at = 0; at < outputs.length; at += 1) (outputs[at] as Output).record(x, response, started);
  }
}

class Output {
  readonly #file: LogFile;
  readonly #errorsOnly: boolean;
  readonly #format: Format | null;

  constructor(plan: AccessLogPlan, file: LogFile) {
    this.#file = file;
    this.#errorsOnly = plan.only === 'errors';
    this.#format = plan.format.kind === 'text' ? new Format(plan.format.text || DEFAULT_FORMAT, 'log') : null;
  }

  record(x: Exchange, response: HeaderList | null, started: number): void {
    if (this.#errorsOnly && x.status < 500 && x.flags === 0) return;
    if (this.#format) this.#file.write(this.#format.render(x, response, started, '-'));
    else this.#file.write(`${JSON.stringify(x.version === 0 ? tcpRecord(x, started) : jsonRecord(x, started))}\n`);
  }
}

/** Aya's JSON line; the names are those of Istio's JSON access log where there is one. */
function jsonRecord(x: Exchange, started: number): object {
  const { headers } = x;
  const { peer } = x.stream;
  return {
    start_time: isoTime(started),
    method: x.method,
    path: headers.get('x-envoy-original-path') ?? x.path,
    protocol: x.version === 20 ? 'HTTP/2' : x.version === 11 ? 'HTTP/1.1' : 'HTTP/1.0',
    authority: x.authority,
    response_code: x.status,
    response_flags: flagNames(x.flags),
    response_code_details: x.detail,
    bytes_received: x.bytesReceived,
    bytes_sent: x.bytesSent,
    duration: Math.round(x.ended - x.started),
    response_duration: x.responseStart > 0 ? Math.round(x.responseStart - x.started) : null,
    attempts: x.attempts,
    route_name: x.routeName,
    upstream_cluster: x.cluster,
    upstream_host: x.upstream,
    downstream_remote_address: hostPort(peer.remoteAddress, peer.remotePort),
    downstream_local_address: hostPort(peer.localAddress, peer.localPort),
    request_id: x.requestId,
    x_forwarded_for: headers.getKnown(H['x-forwarded-for']) ?? null,
    user_agent: headers.getKnown(H['user-agent']) ?? null,
  };
}

/** The same for a connection of a TCP proxy; see l4/tcp-proxy.ts. */
function tcpRecord(x: Exchange, started: number): object {
  const { peer } = x.stream;
  return {
    start_time: isoTime(started),
    protocol: 'TCP',
    requested_server_name: x.authority || null,
    response_flags: flagNames(x.flags),
    connection_termination_details: x.detail || null,
    bytes_received: x.bytesReceived,
    bytes_sent: x.bytesSent,
    duration: Math.round(x.ended - x.started),
    attempts: x.attempts,
    upstream_cluster: x.cluster,
    upstream_host: x.upstream,
    downstream_remote_address: hostPort(peer.remoteAddress, peer.remotePort),
    downstream_local_address: hostPort(peer.localAddress, peer.localPort),
  };
}
