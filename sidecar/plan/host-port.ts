import type { HostPort } from './listener.ts';

/** `127.0.0.1:80`, `[::1]:80`. */
export function hostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
