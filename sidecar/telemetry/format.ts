import type { Exchange } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';
import { grpcStatus, headerOperator, OPERATORS, type Operator, startTime } from './operators.ts';

/** Where a format is used: each operator says where it means something. */
export type FormatUse = 'log' | 'header';

/**
 * An Envoy format string (`%REQ(:METHOD)% %RESPONSE_CODE%`), compiled once into text and operators. Source: Envoy's access
 * log documentation, "Format strings" and "Command operators".
 */
export class Format {
  readonly #parts: readonly (string | Operator)[];
  /** Without operators: the text itself, else null. */
  readonly constant: string | null;

  /** Throws a TypeError when `checkFormat` would have complained: check first. */
  constructor(text: string, use: FormatUse) {
    const problems: string[] = [];
    this.#parts = parse(text, use, problems);
    if (problems.length > 0) throw new TypeError(problems.join('; '));
    const [only] = this.#parts;
    if (this.#parts.length === 0) this.constant = '';
    else this.constant = this.#parts.length === 1 && typeof only === 'string' ? only : null;
  }

  /**
   * The text for one exchange. `response`: headers of the response, null when there are none (yet); `started`: wall-clock ms
   * of the request's first byte; `missing` stands for what is absent.
   */
  render(x: Exchange, response: HeaderList | null, started: number, missing: string): string {
    if (this.constant !== null) return this.constant;
    const parts = this.#parts;
    let text = '';
    for (let at = 0; at < parts.length; at += 1) {
      const part = parts[at] as string | Operator;
      if (typeof part === 'string') text += part;
      else text += part(x, response, started) ?? missing;
    }
    return text;
  }
}

/** What is wrong with a format string, each naming the operator; empty when it can be used. */
export function checkFormat(text: string, use: FormatUse = 'log'): string[] {
  const problems: string[] = [];
  parse(text, use, problems);
  return problems;
}

/** `%NAME%`, `%NAME(ARGUMENT)%`, `%NAME(ARGUMENT):LENGTH%`, or `%%`. */
const COMMAND = /%(?:([A-Z][A-Z0-9_]*)(?:\(((?:[^()]|\([^()]*\))*)\))?(?::(\d+))?)?%/y;

function parse(text: string, use: FormatUse, problems: string[]): (string | Operator)[] {
  const parts: (string | Operator)[] = [];
  let literal = '';
  for (let at = 0; at < text.length; ) {
    if (text[at] !== '%') {
      const next = text.indexOf('%', at);
      literal += text.slice(at, next < 0 ? text.length : next);
      at = next < 0 ? text.length : next;
      continue;
    }
    COMMAND.lastIndex = at;
    const found = COMMAND.exec(text);
    if (!found) {
      problems.push(`"${text.slice(at, at + 40)}" is not a command operator; write a percent sign as %%`);
      return parts;
    }
    at = COMMAND.lastIndex;
    const [whole, name, argument, length] = found;
    if (name === undefined) {
      literal += '%';
      continue;
    }
    const operator = operatorFor(name, argument, use);
    if (typeof operator === 'string') problems.push(`${whole}: ${operator}`);
    else {
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push(length === undefined ? operator : cut(operator, Number(length)));
    }
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

/** The operator, or what is wrong with it. */
function operatorFor(name: string, argument: string | undefined, use: FormatUse): Operator | string {
  if (name === 'REQ' || name === 'RESP') return headerOperator(name, argument);
  if (name === 'START_TIME') {
    return use === 'log' ? startTime(argument ?? '') : 'not supported in headers';
  }
  if (name === 'GRPC_STATUS') {
    return use === 'log' ? grpcStatus(argument) : 'not supported in headers: it is not known yet';
  }
  const known = OPERATORS[name];
  if (!known) return 'this command operator is not supported';
  if (argument !== undefined) return 'takes no argument here';
  if (known.use === 'log' && use === 'header') return 'not supported in headers: it is not known yet';
  return known.operator;
}

const cut =
  (operator: Operator, length: number): Operator =>
  (x, response, started) =>
    operator(x, response, started)?.slice(0, length);
