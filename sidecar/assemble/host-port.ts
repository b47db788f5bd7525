import { isIP } from 'node:net';
import type { HostPort } from '../plan/listener.ts';

/**
 * Reads `127.0.0.1:80`, `[::1]:80`, `:80` and `localhost:80` (this machine), with `name` also `host.example:80`.
 * Answers what is wrong otherwise, to be put after the text.
 */
export function parseHostPort(text: string, resolved: 'ip' | 'name'): HostPort | string {
  const match = /^(?:\[([^\]]+)\]|([^:\s]*)):(\d{1,5})$/.exec(text);
  if (!match) return 'is not HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080';
  const host = (match[1] ?? match[2]) || '127.0.0.1';
  const port = Number(match[3]);
  if (port > 65_535) return `has no such port: ${port}`;
  if (resolved === 'name' || isIP(host) !== 0) return { host, port };
  if (host === 'localhost') return { host: '127.0.0.1', port };
  return 'must be an IP address and a port: nobody can listen on a name';
}
