import process from 'node:process';

/** The only place of the CLI that reads the environment. */
export const environment = {
  /** Base URL of the API. */
  server: process.env.AYA_SERVER,
  namespace: process.env.AYA_NAMESPACE,
  /** What started us, when it was bin/aya: its path. */
  launcher: process.env.AYA_LAUNCHER || undefined,
  /** Where sidecars keep their state. */
  data: process.env.AYA_DATA || undefined,
};

/** Our own environment with `changes` on top: for programs that we start. */
export function childEnvironment(changes: Record<string, string>): Record<string, string | undefined> {
  return { ...process.env, AYA_LAUNCHER: undefined, ...changes };
}

/** The hosts that the caller already keeps from its proxy, and `more`, as one `no_proxy` list. */
export function noProxyWith(more: readonly string[]): string {
  const own = (process.env.no_proxy ?? process.env.NO_PROXY ?? '').split(',').map((each) => each.trim());
  return [...new Set([...own.filter(Boolean), ...more])].join(',');
}
