import type { Random } from '../../shared/struct/random.ts';
import type { Exchange } from '../core/exchange.ts';
import { H } from '../core/headers.ts';
import type { MatchPlan } from '../core/plan/match.ts';
import { type HeadTest, headerTest } from './header-match.ts';
import { type PathTest, pathTest } from './path.ts';
import { queryTest } from './query-match.ts';

/** All conditions of one route, or of one fault rule. */
export class RouteMatch {
  /** Every request with a path matches: nothing needs to be looked at. */
  readonly always: boolean;
  readonly path: PathTest;
  readonly #tests: readonly HeadTest[];
  readonly #grpcOnly: boolean;
  readonly #percent: number;

  constructor(plan: MatchPlan) {
    this.path = pathTest(plan.path, plan.caseSensitive);
    this.#tests = [...plan.headers.map(headerTest), ...plan.query.map(queryTest)];
    this.#grpcOnly = plan.grpcOnly;
    this.#percent = plan.percent;
    const { kind, value } = plan.path;
    // Paths begin with '/', except for that of `OPTIONS *`, which an empty prefix alone matches.
    this.always = kind === 'prefix' && value === '' && this.#unconditional();
  }

  matches(x: Exchange, random: Random): boolean {
    if (!this.path.matches(x.path)) return false;
    if (this.#grpcOnly && !isGrpc(x)) return false;
    const tests = this.#tests;
    for (let at = 0; at < tests.length; at += 1) if (!(tests[at] as HeadTest).matches(x)) return false;
    // Drawn anew for each route that is considered, as Envoy's documentation of runtime_fraction says.
    return this.#percent >= 100 || random() * 100 < this.#percent;
  }

  #unconditional(): boolean {
    return this.#tests.length === 0 && !this.#grpcOnly && this.#percent >= 100;
  }
}

/** Envoy: content-type is application/grpc, or application/grpc+ something. */
function isGrpc(x: Exchange): boolean {
  const type = x.headers.getKnown(H['content-type']);
  return type === 'application/grpc' || type?.startsWith('application/grpc+') === true;
}
