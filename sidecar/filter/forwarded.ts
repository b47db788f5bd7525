import type { Exchange } from '../core/exchange.ts';
import { H, type HeaderList } from '../core/headers.ts';
import type { HttpManagerPlan } from '../core/plan.ts';

/** What `forwardHeaders` needs of an HTTP connection manager. */
export type ForwardedPlan = Pick<HttpManagerPlan, 'useRemoteAddress' | 'xffTrustedHops' | 'via'>;

/**
 * Tells the upstream from whom and how a request came. Source of the meanings: Envoy's HTTP connection manager,
 * "x-forwarded-for", "x-forwarded-proto" and "via"; RFC 9110 7.6.3.
 *
 * With use_remote_address the immediate peer is appended to x-forwarded-for and x-forwarded-proto is ours to say, unless
 * trusted hops stand before us; without, what came is kept, and only a missing x-forwarded-proto is added.
 */
export function forwardHeaders(x: Exchange, plan: ForwardedPlan): void {
  const { headers } = x;
  if (plan.useRemoteAddress) {
    append(headers, H['x-forwarded-for'], 'x-forwarded-for', x.stream.peer.remoteAddress);
    if (plan.xffTrustedHops === 0 && headers.getKnown(H['x-forwarded-proto']) !== undefined) {
      headers.remove('x-forwarded-proto');
    }
  }
  if (headers.getKnown(H['x-forwarded-proto']) === undefined) headers.add('x-forwarded-proto', x.scheme);
  if (plan.via !== '') append(headers, H.via, 'via', viaValue(x.version, plan.via));
}

/** The Via of a response, which names us to the client. */
export function respondedVia(headers: HeaderList, version: number, via: string): void {
  if (via !== '') append(headers, H.via, 'via', viaValue(version, via));
}

/** RFC 9110 7.6.3: the protocol by which the message was received, then who received it. */
const viaValue = (version: number, name: string): string =>
  `${version === 20 ? '2' : version === 11 ? '1.1' : '1.0'} ${name}`;

/** Adds to a list header, which stays one header line. */
function append(headers: HeaderList, id: number, name: string, value: string): void {
  if (headers.getKnown(id) === undefined) {
    headers.add(name, value);
    return;
  }
  headers.set(name, `${headers.joined(name)}, ${value}`);
}
