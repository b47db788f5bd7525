import { hostname } from 'node:os';
import type { Exchange } from '../core/exchange.ts';
import { grpcStatusName } from '../core/grpc.ts';
import type { HeaderList } from '../core/headers.ts';
import { flagNames, RESPONSE_FLAG } from '../core/outcome.ts';
import type { FormatUse } from './format.ts';
import { isoTime, timeFormat } from './time-format.ts';

/** The value of one command operator, undefined when it is absent. `started` is wall-clock ms. */
export type Operator = (x: Exchange, response: HeaderList | null, started: number) => string | undefined;

const span = (from: number, to: number): string | undefined =>
  from > 0 && to > 0 ? String(Math.round(to - from)) : undefined;

/** "10.0.0.1:80", "[::1]:80". */
export function hostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

const PROTOCOLS: Readonly<Record<number, string>> = { 10: 'HTTP/1.0', 11: 'HTTP/1.1', 20: 'HTTP/2' };

const host = hostname();

/** `use`: an operator of 'header' may stand anywhere, one of 'log' only where the exchange is over. */
export const OPERATORS: Readonly<Record<string, { use: FormatUse; operator: Operator }>> = {
  PROTOCOL: { use: 'header', operator: (x) => PROTOCOLS[x.version] },
  ROUTE_NAME: { use: 'header', operator: (x) => x.routeName || undefined },
  // Virtual clusters are not configurable here, so no request is in one.
  VIRTUAL_CLUSTER_NAME: { use: 'header', operator: () => undefined },
  UPSTREAM_CLUSTER: { use: 'header', operator: (x) => x.cluster || undefined },
  UPSTREAM_CLUSTER_RAW: { use: 'header', operator: (x) => x.cluster || undefined },
  UPSTREAM_HOST: { use: 'header', operator: (x) => x.upstream || undefined },
  UPSTREAM_REMOTE_ADDRESS: { use: 'header', operator: (x) => x.upstream || undefined },
  UPSTREAM_REQUEST_ATTEMPT_COUNT: { use: 'header', operator: (x) => String(x.attempts) },
  DOWNSTREAM_REMOTE_ADDRESS: {
    use: 'header',
    operator: ({ stream }) => hostPort(stream.peer.remoteAddress, stream.peer.remotePort),
  },
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: { use: 'header', operator: (x) => x.stream.peer.remoteAddress },
  DOWNSTREAM_REMOTE_PORT: { use: 'header', operator: (x) => String(x.stream.peer.remotePort) },
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS: {
    use: 'header',
    operator: ({ stream }) => hostPort(stream.peer.remoteAddress, stream.peer.remotePort),
  },
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT: { use: 'header', operator: (x) => x.stream.peer.remoteAddress },
  DOWNSTREAM_LOCAL_ADDRESS: {
    use: 'header',
    operator: ({ stream }) => hostPort(stream.peer.localAddress, stream.peer.localPort),
  },
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: { use: 'header', operator: (x) => x.stream.peer.localAddress },
  DOWNSTREAM_LOCAL_PORT: { use: 'header', operator: (x) => String(x.stream.peer.localPort) },
  // Also known for TCP streams that TLS goes through; see l4/tcp-proxy.ts.
  REQUESTED_SERVER_NAME: {
    use: 'header',
    operator: ({ authority, stream, version }) =>
      (version === 0 ? authority : stream.peer.tls?.serverName) || undefined,
  },
  DOWNSTREAM_TLS_VERSION: { use: 'header', operator: (x) => x.stream.peer.tls?.version },
  DOWNSTREAM_TLS_CIPHER: { use: 'header', operator: (x) => x.stream.peer.tls?.cipher },
  DOWNSTREAM_PEER_SUBJECT: { use: 'log', operator: (x) => x.stream.peer.tls?.peerSubject || undefined },
  HOSTNAME: { use: 'header', operator: () => host },
  RESPONSE_FLAGS: { use: 'header', operator: (x) => flagNames(x.flags) },
  RESPONSE_CODE: { use: 'log', operator: (x) => String(x.status) },
  RESPONSE_CODE_DETAILS: { use: 'log', operator: (x) => details(x.detail) },
  CONNECTION_TERMINATION_DETAILS: { use: 'log', operator: (x) => (x.version === 0 ? details(x.detail) : undefined) },
  UPSTREAM_TRANSPORT_FAILURE_REASON: {
    use: 'log',
    operator: (x) => ((x.flags & RESPONSE_FLAG.UF) !== 0 ? details(x.detail) : undefined),
  },
  GRPC_STATUS_NUMBER: { use: 'log', operator: (x) => (x.grpc ? String(x.grpcStatus) : undefined) },
  BYTES_RECEIVED: { use: 'log', operator: (x) => String(x.bytesReceived) },
  BYTES_SENT: { use: 'log', operator: (x) => String(x.bytesSent) },
  DURATION: { use: 'log', operator: (x) => span(x.started, x.ended) ?? '0' },
  REQUEST_DURATION: { use: 'log', operator: (x) => span(x.started, x.requestDone) },
  RESPONSE_DURATION: { use: 'log', operator: (x) => span(x.started, x.responseStart) },
  RESPONSE_TX_DURATION: { use: 'log', operator: (x) => span(x.responseStart, x.ended) },
};

/** One word, as those who read such logs by columns expect. */
const details = (detail: string): string | undefined => (detail === '' ? undefined : detail.replaceAll(' ', '_'));

/** %REQ(X?Y)% and %RESP(X?Y)%: the first of two headers that is there. The operator, or what is wrong with it. */
export function headerOperator(source: 'REQ' | 'RESP', argument: string | undefined): Operator | string {
  const names = (argument ?? '').toLowerCase().split('?');
  if (names.length > 2 || names.some((name) => name === '')) return 'needs (NAME) or (NAME?OTHER)';
  const [first, second] = names.map((name) => (source === 'REQ' ? requestValue(name) : responseValue(name)));
  const wrong = [first, second].find((each) => typeof each === 'string');
  if (wrong) return wrong;
  const [one, other] = [first as Operator, second as Operator | undefined];
  return other ? (x, response, started) => one(x, response, started) ?? other(x, response, started) : one;
}

function requestValue(name: string): Operator | string {
  if (name === ':method') return (x) => x.method;
  if (name === ':path') return (x) => x.path;
  if (name === ':authority' || name === 'host') return (x) => x.authority || undefined;
  if (name === ':scheme') return (x) => x.scheme;
  if (name.startsWith(':')) return `there is no ${name} in a request`;
  return (x) => x.headers.get(name);
}

function responseValue(name: string): Operator | string {
  if (name === ':status') return (x) => String(x.status);
  if (name.startsWith(':')) return `there is no ${name} in a response`;
  return (_x, response) => response?.get(name);
}

/** %GRPC_STATUS% and %GRPC_STATUS(FORM)%, in camel case unless told. The operator, or what is wrong with it. */
export function grpcStatus(argument = 'camel_string'): Operator | string {
  switch (argument.toLowerCase()) {
    case 'camel_string':
      return (x) => (x.grpc ? grpcStatusName(x.grpcStatus, 'camel') : undefined);
    case 'snake_string':
      return (x) => (x.grpc ? grpcStatusName(x.grpcStatus, 'snake') : undefined);
    case 'number':
      return (x) => (x.grpc ? String(x.grpcStatus) : undefined);
    default:
      return 'takes CAMEL_STRING, SNAKE_STRING or NUMBER';
  }
}

/** %START_TIME% with an optional strftime format. The operator, or what is wrong with it. */
export function startTime(argument: string): Operator | string {
  if (argument === '') return (_x, _response, started) => isoTime(started);
  const format = timeFormat(argument);
  return typeof format === 'string' ? format : (_x, _response, started) => format(started);
}
