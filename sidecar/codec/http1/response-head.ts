import type { HeaderList } from '../../core/headers.ts';
import type { Refusal } from './refusal.ts';
import { STATUS_LINES } from './status-line.data.ts';

/** How the end of a body is told. */
export const NO_BODY = 0;
export const COUNTED = 1;
export const IN_CHUNKS = 2;
export const BY_CLOSE = 3;

const CLOSE = 'connection: close\r\n\r\n';
const KEEP_ALIVE = 'connection: keep-alive\r\n\r\n';
const END = '\r\n';

/** RFC 9112 6.3: which framing the answer to `method` with `status` gets. `length` as in ServerStream.respond. */
export function framingOf(toHead: boolean, status: number, length: number, version: number): number {
  if (toHead || status === 204 || status === 304) return NO_BODY;
  if (length >= 0) return COUNTED;
  return version === 10 ? BY_CLOSE : IN_CHUNKS;
}

/** The head of a final response, complete. */
export function responseHead(
  status: number,
  headers: HeaderList,
  framing: number,
  length: number,
  version: number,
  keepAlive: boolean,
): string {
  let head = (STATUS_LINES[status] as string) + headers.toHttp1();
  if (framing === COUNTED) head += `content-length: ${length}\r\n`;
  else if (framing === IN_CHUNKS) head += 'transfer-encoding: chunked\r\n';
  else if (framing === NO_BODY && length > 0 && status !== 204 && !headers.has('content-length')) {
    head += `content-length: ${length}\r\n`;
  }
  if (!keepAlive) return head + CLOSE;
  return head + (version === 10 ? KEEP_ALIVE : END);
}

/** 101 to a protocol, or the 2xx to CONNECT (protocol ''): no field tells of a length (RFC 9110 9.3.6). */
export function switchHead(protocol: string, status: number, headers: HeaderList): string {
  const upgrade = protocol === '' ? '' : `connection: upgrade\r\nupgrade: ${protocol}\r\n`;
  return `${STATUS_LINES[status]}${headers.toHttp1()}${upgrade}\r\n`;
}

export function informHead(status: number, headers: HeaderList): string {
  return `${STATUS_LINES[status]}${headers.toHttp1()}\r\n`;
}

/** The answer of the codec itself to what never became an exchange; the connection closes after it. */
export function refusalResponse(refusal: Refusal, date: string): string {
  const { status, reason } = refusal;
  // RFC 9110 15.5.22: a 426 names the protocol to use.
  const connection = status === 426 ? 'upgrade: HTTP/1.1\r\nconnection: upgrade, close' : 'connection: close';
  return (
    `${STATUS_LINES[status]}content-type: text/plain\r\ncontent-length: ${reason.length}\r\n` +
    `date: ${date}\r\nserver: aya\r\n${connection}\r\n\r\n${reason}`
  );
}
