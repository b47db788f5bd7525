import type { ListenerPlan } from '../core/plan/listener.ts';

/** The files that listeners write access logs to. */
export function logPaths(listeners: Iterable<ListenerPlan>): Set<string> {
  const paths = new Set<string>();
  for (const { chains, defaultChain } of listeners) {
    for (const { filter } of defaultChain ? [...chains, defaultChain] : chains) {
      const { accessLogs } = filter.kind === 'http' ? filter.http : filter.tcp;
      for (const { path } of accessLogs) paths.add(path);
    }
  }
  return paths;
}
