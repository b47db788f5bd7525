import { isAuthority } from '../codec/http1/target.ts';
import type { Exchange } from '../core/exchange.ts';
import type { ForwardPlan } from '../core/plan/route.ts';
import { type PathTest, pathEnd } from './path.ts';
import { everyRegex } from './regex.ts';

const SLASH = 0x2f;

/** What a route makes of host and path. Source of the meanings: Envoy's route.v3.RouteAction. */
export class Rewrite {
  readonly #path: PathTest;
  readonly #prefix: string;
  readonly #pattern: RegExp | null;
  readonly #substitution: string;
  readonly #host: string;
  readonly #hostHeader: string;

  /** Null when nothing is rewritten. */
  static of(plan: ForwardPlan, path: PathTest): Rewrite | null {
    const none = !plan.prefixRewrite && !plan.regexRewrite && plan.hostRewrite === '' && plan.hostRewriteHeader === '';
    return none ? null : new Rewrite(plan, path);
  }

  private constructor(plan: ForwardPlan, path: PathTest) {
    this.#path = path;
    this.#prefix = plan.prefixRewrite ?? '';
    this.#pattern = plan.regexRewrite ? everyRegex(plan.regexRewrite.pattern) : null;
    this.#substitution = plan.regexRewrite ? substitution(plan.regexRewrite.substitution) : '';
    this.#host = plan.hostRewrite;
    this.#hostHeader = plan.hostRewriteHeader;
  }

  apply(x: Exchange): void {
    const host = this.#hostHeader === '' ? this.#host : (x.headers.get(this.#hostHeader) ?? '');
    // A header may hold anything: what is no host leaves the host as it is.
    if (host !== '' && (this.#hostHeader === '' || isAuthority(host))) {
      x.headers.set('x-envoy-original-host', x.authority);
      x.authority = host;
    }
    const { path } = x;
    if (this.#prefix !== '') x.path = this.#prefix + path.slice(this.#path.matched(path));
    else if (this.#pattern) {
      const end = pathEnd(path);
      const rewritten = path.slice(0, end).replace(this.#pattern, this.#substitution) + path.slice(end);
      // Whatever a substitution leaves, a request line has a path from the root.
      x.path = rewritten.charCodeAt(0) === SLASH ? rewritten : `/${rewritten}`;
    } else return;
    x.headers.set('x-envoy-original-path', path);
  }
}

/** RE2 writes groups as \1 and a backslash as \\; JavaScript $1, and a dollar sign as $$. */
const substitution = (text: string): string =>
  text
    .replaceAll('$', '$$$$')
    .replace(/\\(\\|\d)/g, (_whole, next: string) => (next === '\\' ? '\\' : next === '0' ? '$&' : `$${next}`));

/** What is wrong with a substitution for a pattern that was checked, or null. */
export function checkSubstitution(pattern: string, text: string): string | null {
  const groups = (new RegExp(`${everyRegex(pattern).source}|`).exec('')?.length ?? 1) - 1;
  for (const [whole, next = ''] of text.matchAll(/\\(.|$)/gs)) {
    if (next === '\\') continue;
    if (!/\d/.test(next)) return `"${whole}" in "${text}": only \\0 to \\9 and \\\\ may follow a backslash`;
    if (Number(next) > groups) return `"${whole}" in "${text}": the pattern has only ${groups} group(s)`;
  }
  return null;
}
