/** Whether a virtual host with these domains (lower case) answers to `host`: exactly, or by a `*` at one end. */
export function answersTo(domains: readonly string[], host: string): boolean {
  return domains.some((domain) => {
    if (domain === host || domain === '*') return true;
    if (domain.startsWith('*')) return host.length >= domain.length && host.endsWith(domain.slice(1));
    return domain.endsWith('*') && host.length >= domain.length && host.startsWith(domain.slice(0, -1));
  });
}
