import { CLUSTER, ENDPOINT, FAULT_ASSIGNMENT, LISTENER, ROUTE, VIRTUAL_HOST } from '../../shared/xds/type-url.ts';

/**
 * Make before break: what is referred to is sent before what refers to it, and withdrawn after it.
 * Source: Envoy, "xDS REST and gRPC protocol", section "Eventual consistency considerations".
 */
const order: readonly string[] = [CLUSTER, ENDPOINT, LISTENER, ROUTE, VIRTUAL_HOST, FAULT_ASSIGNMENT];

/** Position in the order; a type that we do not know comes last. */
export function rank(type: string): number {
  const at = order.indexOf(type);
  return at < 0 ? order.length : at;
}

/** Types for which no names at all means "everything", and for which absence from a full state means "gone". */
export function isWildcardType(type: string): boolean {
  return type === LISTENER || type === CLUSTER;
}

/** Routes point at these, so they are withdrawn only when nothing points at them any more. */
export function isReferredTo(type: string): boolean {
  return type === CLUSTER || type === ENDPOINT;
}

/** A changed set of endpoints and a fault do not depend on anything new: they never wait for other types. */
export function isUrgent(type: string): boolean {
  return type === ENDPOINT || type === FAULT_ASSIGNMENT || type === CLUSTER;
}
