import type { Exchange } from '../core/exchange.ts';
import type { QueryMatchPlan } from '../core/plan/match.ts';
import type { HeadTest } from './header-match.ts';
import { type TextTest, textTest } from './string-match.ts';

/** Source of the meanings: Envoy's route.v3.QueryParameterMatcher. Names and values are compared as they were sent. */
export function queryTest(plan: QueryMatchPlan): HeadTest {
  const { name, test } = plan;
  return test.kind === 'present' ? new ParameterPresence(name, test.present) : new ParameterValue(name, textTest(test));
}

/** The first value of a query parameter, '' when it has no '=', undefined when it is missing. */
function queryValue(path: string, name: string): string | undefined {
  let at = path.indexOf('?');
  if (at < 0) return undefined;
  const fragment = path.indexOf('#', at);
  const end = fragment < 0 ? path.length : fragment;
  while (at < end) {
    const start = at + 1;
    const next = path.indexOf('&', start);
    at = next < 0 || next > end ? end : next;
    if (!path.startsWith(name, start)) continue;
    const after = start + name.length;
    if (after === at) return '';
    if (after < at && path[after] === '=') return path.slice(after + 1, at);
  }
  return undefined;
}

class ParameterPresence implements HeadTest {
  readonly #name: string;
  readonly #present: boolean;

  constructor(name: string, present: boolean) {
    this.#name = name;
    this.#present = present;
  }

  matches(x: Exchange): boolean {
    return (queryValue(x.path, this.#name) !== undefined) === this.#present;
  }
}

class ParameterValue implements HeadTest {
  readonly #name: string;
  readonly #test: TextTest;

  constructor(name: string, test: TextTest) {
    this.#name = name;
    this.#test = test;
  }

  matches(x: Exchange): boolean {
    const value = queryValue(x.path, this.#name);
    return value !== undefined && this.#test.test(value);
  }
}
