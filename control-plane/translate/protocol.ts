import type { Service, ServicePort } from '../model/service.ts';

/** What is spoken on a port. `auto`: nobody said so; HTTP/1.1 is tried first. */
export type Protocol = 'http' | 'http2' | 'tcp' | 'auto';

const known: Record<string, Protocol> = {
  http: 'http',
  'kubernetes.io/ws': 'http',
  http2: 'http2',
  'kubernetes.io/h2c': 'http2',
  grpc: 'http2',
  tcp: 'tcp',
  https: 'tcp',
  tls: 'tcp',
  'kubernetes.io/wss': 'tcp',
};

/** Protocol of a port: `appProtocol`, then what its name begins with (`grpc-api`). Source: decisions D17. */
export function protocolOf(port: ServicePort): Protocol {
  if (port.appProtocol !== undefined) return known[port.appProtocol] ?? 'tcp';
  return known[port.name?.split('-')[0] ?? ''] ?? 'auto';
}

/** The ports that HTTP can be sent to. */
export function httpPorts(service: Service): ServicePort[] {
  return service.spec.ports.filter((port) => protocolOf(port) !== 'tcp');
}

/** The port meant by a host without one: 80, else the only one that speaks HTTP. */
export function defaultPort(service: Service): ServicePort | undefined {
  const ports = httpPorts(service);
  return ports.find(({ port }) => port === 80) ?? (ports.length === 1 ? ports[0] : undefined);
}
