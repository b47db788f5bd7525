import { H, type HeaderList } from '../../core/headers.ts';

const TE = 1 << H.te;

/**
 * The head of a request as this hop sends it: Host first (RFC 9110 7.2), then the headers, then the framing. `protocol`: what to
 * switch to, '' = nothing.
 */
export function requestHead(
  method: string,
  authority: string,
  path: string,
  headers: HeaderList,
  length: number,
  protocol = '',
): string {
  let head = `${method} ${path} HTTP/1.1\r\nHost: ${authority}\r\n${headers.toHttp1()}`;
  if (length > 0) head += `content-length: ${length}\r\n`;
  else if (length < 0) head += 'transfer-encoding: chunked\r\n';
  else if (expectsContent(method)) head += 'content-length: 0\r\n';
  // TE is for this hop only, which Connection must say (RFC 9110 10.1.4); so is Upgrade (7.8).
  const te = (headers.known & TE) !== 0 && headers.getKnown(H.te) !== undefined;
  if (protocol !== '') head += `upgrade: ${protocol}\r\nconnection: ${te ? 'te, upgrade' : 'upgrade'}\r\n`;
  else if (te) head += 'connection: te\r\n';
  return `${head}\r\n`;
}

/** RFC 9110 8.6: a method that anticipates content says so when there is none. */
function expectsContent(method: string): boolean {
  switch (method) {
    case 'GET':
    case 'HEAD':
    case 'DELETE':
    case 'OPTIONS':
    case 'TRACE':
      return false;
    default:
      return true;
  }
}
