/** A service port as others call it: `cart.shop:8080`. Clusters and their endpoints have this name. */
export function clusterName(service: string, namespace: string, port: number): string {
  return `${service}.${namespace}:${port}`;
}

/** The hosts that mean a service, for callers in `from`: only they may leave the namespace out. */
export function hostsOf(service: string, namespace: string, from: string): string[] {
  const full = `${service}.${namespace}`;
  const hosts = [full, `${full}.svc`, `${full}.svc.cluster.local`];
  return namespace === from ? [service, ...hosts] : hosts;
}

export interface ServiceHost {
  readonly service: string;
  readonly namespace: string;
  readonly port: number | undefined;
}

const host = /^([a-z0-9-]+)(?:\.([a-z0-9-]+)(?:\.svc(?:\.cluster\.local)?)?)?(?::(\d{1,5}))?$/;

/** Reads what `hostsOf` writes, with or without a port; undefined when it cannot be a service of the mesh. */
export function parseHost(text: string, from: string): ServiceHost | undefined {
  const match = host.exec(text);
  if (!match) return undefined;
  const port = match[3] === undefined ? undefined : Number(match[3]);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  return { service: match[1] ?? '', namespace: match[2] ?? from, port };
}

/** The name of the virtual host that answers to `host`, as a client asks for it on demand. */
export function virtualHostName(name: string): string {
  return `outbound/${name}`;
}

/**
 * For gRPC clients: the cluster of calls that go nowhere, which end with UNAVAILABLE. They know no answers by a route; some
 * refuse routes that answer, wait for clusters that do not exist, or crash where no route matches.
 */
export const nowhere = 'nowhere';
