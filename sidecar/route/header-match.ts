import type { Exchange } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';
import type { HeaderMatchPlan } from '../core/plan/match.ts';
import { type TextTest, textTest } from './string-match.ts';

/** Any of some conditions, on the head of a response. */
export function responseTest(plans: readonly HeaderMatchPlan[]): ((headers: HeaderList) => boolean) | null {
  if (plans.length === 0) return null;
  const tests = plans.map(headerTest);
  return (headers) => tests.some((each) => each.matches({ ...NO_REQUEST, headers }));
}

const NO_REQUEST = { method: '', path: '', authority: '', scheme: '' };

/** What of an exchange conditions look at. */
type Head = Pick<Exchange, 'method' | 'path' | 'authority' | 'scheme' | 'headers'>;

/** One condition on the request's head, built when configuration arrives. */
export interface HeadTest {
  matches(x: Head): boolean;
}

/**
 * Source of the meanings: Envoy's route.v3.HeaderMatcher, and Envoy 1.40 where that is silent. Of repeated headers one that
 * meets the condition is enough, and inverted none may. A header that is missing meets no condition on its value, inverted
 * or not, unless it is to be taken for empty.
 */
export function headerTest(plan: HeaderMatchPlan): HeadTest {
  const { invert, missingAsEmpty, name, test } = plan;
  if (test.kind === 'present') return new Presence(name, missingAsEmpty, test.present !== invert);
  const value = test.kind === 'range' ? new Range(test.start, test.end) : textTest(test);
  return new HeaderValue(name, value, invert, missingAsEmpty);
}

/** No value can contain it, so values joined by it can be told apart again. */
const BETWEEN = '\n';

/** The values of a header, or of a part of the request line for a name that begins with ':'; undefined when missing. */
function headValue(x: Head, name: string): string | undefined {
  switch (name) {
    case ':method':
      return x.method;
    case ':path':
      return x.path;
    case ':authority':
    case 'host':
      return x.authority === '' ? undefined : x.authority;
    case ':scheme':
      return x.scheme;
    default:
      return x.headers.joined(name, BETWEEN);
  }
}

class Presence implements HeadTest {
  readonly #name: string;
  readonly #missingAsEmpty: boolean;
  readonly #wanted: boolean;

  constructor(name: string, missingAsEmpty: boolean, wanted: boolean) {
    this.#name = name;
    this.#missingAsEmpty = missingAsEmpty;
    this.#wanted = wanted;
  }

  matches(x: Head): boolean {
    return (this.#missingAsEmpty || headValue(x, this.#name) !== undefined) === this.#wanted;
  }
}

class HeaderValue implements HeadTest {
  readonly #name: string;
  readonly #test: TextTest;
  readonly #wanted: boolean;
  readonly #missingAsEmpty: boolean;

  constructor(name: string, test: TextTest, invert: boolean, missingAsEmpty: boolean) {
    this.#name = name;
    this.#test = test;
    this.#wanted = !invert;
    this.#missingAsEmpty = missingAsEmpty;
  }

  matches(x: Head): boolean {
    const value = headValue(x, this.#name);
    if (value === undefined && !this.#missingAsEmpty) return false;
    return this.#meets(value ?? '') === this.#wanted;
  }

  #meets(values: string): boolean {
    if (!values.includes(BETWEEN)) return this.#test.test(values);
    return values.split(BETWEEN).some((value) => this.#test.test(value));
  }
}

/** A whole decimal number in [start, end). */
class Range implements TextTest {
  readonly #start: number;
  readonly #end: number;

  constructor(start: number, end: number) {
    this.#start = start;
    this.#end = end;
  }

  test(value: string): boolean {
    if (!/^[+-]?\d+$/.test(value)) return false;
    const number = Number(value);
    return number >= this.#start && number < this.#end;
  }
}
