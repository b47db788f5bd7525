import { isIP } from 'node:net';

/**
 * Whether the Host header names this server (decision D26). A page of another site that a browser sends here through a
 * name of its own (DNS rebinding) is refused, since its Host is that name. `anyAddress`: the server is open to other
 * machines, and any IP address will do, since no page can make one lead elsewhere.
 */
export function hostAllowed(header: string | undefined, allowed: ReadonlySet<string>, anyAddress: boolean): boolean {
  if (header === undefined) return false;
  const name = hostName(header);
  if (name === 'localhost' || name.endsWith('.localhost') || allowed.has(name)) return true;
  return isLoopback(name) || (anyAddress && isIP(name) !== 0);
}

/** Without port and brackets, in lower case: "[::1]:80" is "::1". */
export function hostName(host: string): string {
  const text = host.trim().toLowerCase();
  if (text.startsWith('[')) return text.slice(1, text.indexOf(']'));
  return isIP(text) === 6 ? text : text.replace(/:\d*$/, '').replace(/\.$/, '');
}

/** 127.0.0.0/8 and ::1. */
function isLoopback(address: string): boolean {
  return isIP(address) === 4 ? address.startsWith('127.') : address === '::1';
}
