import type { MatchPlan } from '../core/plan/match.ts';
import { wholeRegex } from './regex.ts';

/** A condition on the path. Source of the meanings: Envoy's route.v3.RouteMatch. */
export interface PathTest {
  matches(path: string): boolean;
  /** How many characters of a matching path a prefix rewrite replaces. */
  matched(path: string): number;
}

export function pathTest(plan: MatchPlan['path'], caseSensitive: boolean): PathTest {
  const { kind, value } = plan;
  // Envoy: case_sensitive does not apply to regular expressions.
  if (kind === 'regex') return new RegexPath(value);
  if (kind === 'connect') return CONNECT_PATH;
  const test = kind === 'exact' ? new ExactPath(fold(value)) : prefixTest(kind, fold(value));
  return caseSensitive ? test : new IgnoringCase(test);

  function fold(text: string): string {
    return caseSensitive ? text : text.toLowerCase();
  }
}

const prefixTest = (kind: 'prefix' | 'segments', value: string): PathTest =>
  kind === 'prefix' ? new PrefixPath(value) : new SegmentsPath(value);

/** Where the path proper ends: at the query, at a fragment, or at the end. */
export function pathEnd(path: string): number {
  for (let at = 0; at < path.length; at += 1) {
    const code = path.charCodeAt(at);
    if (code === 63 || code === 35) return at;
  }
  return path.length;
}

/** The path of CONNECT: none. */
const CONNECT_PATH: PathTest = { matches: (path) => path === '', matched: () => 0 };

class PrefixPath implements PathTest {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  matches(path: string): boolean {
    return path.startsWith(this.#value);
  }

  matched(_path: string): number {
    return this.#value.length;
  }
}

class ExactPath implements PathTest {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  matches(path: string): boolean {
    return path.startsWith(this.#value) && pathEnd(path) === this.#value.length;
  }

  matched(_path: string): number {
    return this.#value.length;
  }
}

/** `/api` matches /api and /api/v1, not /apiary. */
class SegmentsPath implements PathTest {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  matches(path: string): boolean {
    const length = this.#value.length;
    if (!path.startsWith(this.#value)) return false;
    if (path.length === length) return true;
    const next = path.charCodeAt(length);
    return next === 47 || next === 63 || next === 35;
  }

  matched(_path: string): number {
    return this.#value.length;
  }
}

class RegexPath implements PathTest {
  readonly #value: RegExp;

  constructor(value: string) {
    this.#value = wholeRegex(value);
  }

  matches(path: string): boolean {
    return this.#value.test(path.slice(0, pathEnd(path)));
  }

  matched(path: string): number {
    return pathEnd(path);
  }
}

class IgnoringCase implements PathTest {
  readonly #test: PathTest;

  /** `test` holds its own text in lower case. */
  constructor(test: PathTest) {
    this.#test = test;
  }

  matches(path: string): boolean {
    return this.#test.matches(path.toLowerCase());
  }

  matched(path: string): number {
    return this.#test.matched(path);
  }
}
