import { networkInterfaces } from 'node:os';
import type { Exchange } from '../core/exchange.ts';
import { H, type HeaderList } from '../core/headers.ts';
import type { HttpManagerPlan } from '../core/plan/http-manager.ts';

/** Says whose certificate the client has shown: where we do not say it ourselves, nobody can be believed (Envoy's SANITIZE). */
const CLIENT_CERTIFICATE = 'x-forwarded-client-cert';

/** What `forwardHeaders` needs of an HTTP connection manager. */
export type ForwardedPlan = Pick<HttpManagerPlan, 'useRemoteAddress' | 'xffTrustedHops' | 'via'>;

/**
 * Tells the upstream from whom and how a request came. Source of the meanings: Envoy's HTTP connection manager,
 * "x-forwarded-for", "x-forwarded-proto", "x-forwarded-client-cert" and "via"; RFC 9110 7.6.3.
 *
 * With use_remote_address the immediate peer is appended to x-forwarded-for (this machine's address for a peer on loopback,
 * which would mean nothing elsewhere), and x-forwarded-proto is ours to say, unless trusted hops stand before us; without,
 * what came is kept, and only a missing x-forwarded-proto is added. The text of `via` is the configuration's, as it stands.
 */
export function forwardHeaders(x: Exchange, plan: ForwardedPlan): void {
  const { headers } = x;
  headers.remove(CLIENT_CERTIFICATE);
  if (plan.useRemoteAddress) {
    append(headers, H['x-forwarded-for'], 'x-forwarded-for', farAddress(x.stream.peer.remoteAddress));
    if (plan.xffTrustedHops === 0 && headers.getKnown(H['x-forwarded-proto']) !== undefined) {
      headers.remove('x-forwarded-proto');
    }
  }
  if (headers.getKnown(H['x-forwarded-proto']) === undefined) {
    // How it came, whatever it says of itself.
    headers.add('x-forwarded-proto', x.stream.peer.tls ? 'https' : 'http');
  }
  if (plan.via !== '') append(headers, H.via, 'via', plan.via);
}

/**
 * Whether a request may say how it is to be treated. At the edge (use_remote_address) only one that comes straight from a
 * private address may; within the mesh, where all come from sidecars and their programs, every one.
 */
export function trusts(x: Exchange, plan: Pick<ForwardedPlan, 'useRemoteAddress' | 'xffTrustedHops'>): boolean {
  if (!plan.useRemoteAddress) return true;
  const hops = x.headers.joined('x-forwarded-for') ?? '';
  // Our own entry is there already.
  return plan.xffTrustedHops === 0 && !hops.includes(',') && PRIVATE.test(x.stream.peer.remoteAddress);
}

/** RFC 1918, RFC 4193 and loopback, also mapped into IPv6. */
const PRIVATE = /^(::ffff:)?(10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|^::1$|^f[cd]/i;

/** The Via of a response, which names us to the client. */
export function respondedVia(headers: HeaderList, via: string): void {
  if (via !== '') append(headers, H.via, 'via', via);
}

let own: string | undefined;

/** An address of a peer that others can make something of. */
function farAddress(address: string): string {
  if (!address.startsWith('127.') && address !== '::1' && !address.startsWith('::ffff:127.')) return address;
  own ??= machineAddress();
  return own === '' ? address : own;
}

/** The first IPv4 address of this machine that is not loopback, else its first IPv6 address, else ''. */
function machineAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const outer = all.filter((each) => !each.internal);
  return (outer.find((each) => each.family === 'IPv4') ?? outer[0])?.address ?? '';
}

/** Adds to a list header, which stays one header line. */
function append(headers: HeaderList, id: number, name: string, value: string): void {
  if (headers.getKnown(id) === undefined) {
    headers.add(name, value);
    return;
  }
  headers.set(name, `${headers.joined(name)}, ${value}`);
}
