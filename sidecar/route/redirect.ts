import type { Exchange } from '../core/exchange.ts';
import type { RouteActionPlan } from '../core/plan/route.ts';
import { type PathTest, pathEnd } from './path.ts';

export type RedirectPlan = Extract<RouteActionPlan, { kind: 'redirect' }>;

/** The Location of a redirect. Source of the meanings: Envoy's route.v3.RedirectAction. */
export function redirectLocation(x: Exchange, plan: RedirectPlan, path: PathTest): string {
  const scheme = plan.scheme === '' ? x.scheme : plan.scheme;
  const port = plan.port === 0 ? '' : `:${plan.port}`;
  const host = plan.host === '' ? requestHost(x, scheme, port !== '') : plan.host;
  return `${scheme}://${host}${port}${redirectPath(x.path, plan, path)}`;
}

/** The host as asked for; its port goes when another is given, or when it was the default of the scheme that is left. */
function requestHost(x: Exchange, scheme: string, otherPort: boolean): string {
  const found = /:(\d+)$/.exec(x.authority);
  if (!found) return x.authority;
  const usual = x.scheme === 'https' ? '443' : '80';
  const left = scheme !== x.scheme && found[1] === usual;
  return otherPort || left ? x.authority.slice(0, found.index) : x.authority;
}

function redirectPath(path: string, plan: RedirectPlan, test: PathTest): string {
  // A query in the configured path stands for the whole query, and is never stripped.
  if (plan.path.includes('?')) return plan.path;
  const end = pathEnd(path);
  const query = plan.stripQuery ? '' : path.slice(end);
  if (plan.path !== '') return plan.path + query;
  if (plan.prefix !== null && plan.prefix !== '') return plan.prefix + path.slice(test.matched(path), end) + query;
  return path.slice(0, end) + query;
}
