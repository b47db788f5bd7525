import type { Exchange } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers.ts';
import type { HeaderAddPlan, HeaderMutations } from '../core/plan/route.ts';
import { Format } from '../telemetry/format.ts';

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
      values.push(wanted ? safeValue(value, x, response) : undefined);
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

/** What a header value must not hold (RFC 9110 5.5), a character for which there is no byte included. */
const FOREIGN = /[^\t\x20-\x7e\x80-\xff]/g;

/**
 * Constants were checked with the configuration. What operators give is safe where it came over the wire, but names of
 * routes and clusters may be any text, and a character above U+00FF would go out as its lower byte: a line break, perhaps.
 */
function safeValue(format: Format, x: Exchange, response: HeaderList | null): string {
  const value = format.render(x, response, 0, '');
  return format.constant === null ? value.replace(FOREIGN, '?') : value;
}
