import type { Exchange } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';
import type { HeaderAddPlan, HeaderMutations } from '../core/plan.ts';
import { checkFormat, Format } from '../telemetry/format.ts';

interface Addition {
  readonly name: string;
  readonly value: Format;
  readonly action: HeaderAddPlan['action'];
}

/**
 * The header mutations of one level (route, virtual host, ...). As in Envoy: removals first; then all values are made from
 * the headers as they are, and only then set; a value whose operators come out empty is left out.
 */
export class HeaderEdits {
  readonly #remove: readonly string[];
  readonly #add: readonly Addition[];

  /** Null when there is nothing to do. */
  static of(plan: HeaderMutations): HeaderEdits | null {
    return plan.remove.length === 0 && plan.add.length === 0 ? null : new HeaderEdits(plan);
  }

  private constructor(plan: HeaderMutations) {
    this.#remove = plan.remove;
    this.#add = plan.add.map(({ action, name, value }) => ({ name, action, value: new Format(value, 'header') }));
  }

  /** Changes `headers`: those of `x`, or of its response, which is then also `response`. */
  apply(x: Exchange, headers: HeaderList, response: HeaderList | null): void {
    for (const name of this.#remove) headers.remove(name);
    const values: (string | undefined)[] = [];
    for (const { action, name, value } of this.#add) {
      const wanted =
        action === 'append' || action === 'overwrite' || headers.has(name) === (action === 'overwrite-if-exists');
      values.push(wanted ? value.render(x, response, 0, '') : undefined);
    }
    for (let at = 0; at < values.length; at += 1) {
      const { action, name, value: format } = this.#add[at] as Addition;
      const value = values[at];
      // A constant empty value is meant (keep_empty_value); one that came out empty is not.
      if (value === undefined || (value === '' && format.constant === null)) continue;
      if (action === 'append' || action === 'add-if-absent') headers.add(name, value);
      else headers.set(name, value);
    }
  }
}

/** Names that are not configuration's to change: they frame the message or belong to the connection. */
const RESERVED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'te',
  'trailer',
  'upgrade',
]);

/** What is wrong with header mutations, each with the name of the header; empty when they can be used. */
export function checkMutations(plan: HeaderMutations): string[] {
  const problems: string[] = [];
  for (const name of [...plan.remove, ...plan.add.map((each) => each.name)]) {
    if (name.startsWith(':')) problems.push(`header "${name}": parts of the request line are changed by rewrites only`);
    else if (RESERVED.has(name)) problems.push(`header "${name}" is not to be changed: the connection depends on it`);
    else if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) problems.push(`header "${name}" is not a lower-case field name`);
  }
  for (const { name, value } of plan.add) {
    for (const problem of checkFormat(value, 'header')) problems.push(`header "${name}": ${problem}`);
    if (/[\0\r\n]/.test(value)) problems.push(`header "${name}": a value cannot contain a line break or NUL`);
  }
  return problems;
}
