import type { StringMatchPlan } from '../core/plan/match.ts';
import { wholeRegex } from './regex.ts';

/** One condition on a text, built when configuration arrives. */
export interface TextTest {
  test(value: string): boolean;
}

/** Source of the meanings: Envoy's type.matcher.v3.StringMatcher. */
export function textTest(plan: StringMatchPlan): TextTest {
  if (plan.kind === 'regex') return wholeRegex(plan.value);
  const { ignoreCase, kind } = plan;
  const value = ignoreCase ? plan.value.toLowerCase() : plan.value;
  const test = kind === 'exact' ? new Exact(value) : kind === 'prefix' ? new Prefix(value) : other(kind, value);
  return ignoreCase ? new IgnoringCase(test) : test;
}

const other = (kind: 'suffix' | 'contains', value: string): TextTest =>
  kind === 'suffix' ? new Suffix(value) : new Contains(value);

class Exact implements TextTest {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  test(value: string): boolean {
    return value === this.#value;
  }
}

class Prefix implements TextTest {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  test(value: string): boolean {
    return value.startsWith(this.#value);
  }
}

class Suffix implements TextTest {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  test(value: string): boolean {
    return value.endsWith(this.#value);
  }
}

class Contains implements TextTest {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  test(value: string): boolean {
    return value.includes(this.#value);
  }
}

class IgnoringCase implements TextTest {
  readonly #test: TextTest;

  /** `test` holds its own text in lower case. */
  constructor(test: TextTest) {
    this.#test = test;
  }

  test(value: string): boolean {
    return this.#test.test(value.toLowerCase());
  }
}
