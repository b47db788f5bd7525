import { H } from '../../core/headers.ts';
import { CONNECTION_FIELDS, kindOfName, PSEUDO } from './field-kind.ts';
import { STATIC_TABLE } from './hpack-static.data.ts';

/** How fields of a name are written. */
const INDEX = 0;
/** Their values are secrets, or parts of secrets that could be guessed piece by piece (RFC 7541 7.1.3). */
const NEVER = 1;
/** It ends at this hop, or HTTP/2 says it otherwise (RFC 9113 8.2.2): it is not written at all. */
export const LEFT_OUT = 2;

const SECRETS = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie']);
const OURS = CONNECTION_FIELDS | (1 << H.host) | (1 << H['http2-settings']);

/** Values of a name that the static table has, and where; shared by all connections. */
interface Statics {
  /** First index of the name. */
  readonly index: number;
  readonly values: readonly string[];
  readonly places: readonly number[];
}

const statics = new Map<string, { index: number; values: string[]; places: number[] }>();
STATIC_TABLE.forEach(([name, value], at) => {
  const known = statics.get(name) ?? { index: at + 1, values: [], places: [] };
  statics.set(name, known);
  if (value === '') return;
  known.values.push(value);
  known.places.push(at + 1);
});
const NONE: Statics = { index: 0, values: [], places: [] };

/** What the encoder of one connection knows of one name. Values are compared as they stand: no keys are put together. */
export class EncodedName {
  readonly name: string;
  /** INDEX, NEVER or LEFT_OUT. */
  readonly manner: number;
  /** First index in the static table, 0 for none. */
  readonly index: number;
  /** How many values are static; they stand first. */
  readonly statics: number;
  /** Values that have an index, and which: in the static table the index, else the number of the insertion. */
  #values: readonly string[];
  #places: readonly number[];
  /** Values written last without an index: one that comes again gets one, one that changes each time never does. */
  #last = '';
  #before = '';

  constructor(name: string) {
    this.name = name;
    const kind = kindOfName(name);
    if (SECRETS.has(name)) this.manner = NEVER;
    else this.manner = kind > 0 && kind < PSEUDO && ((OURS >>> kind) & 1) !== 0 ? LEFT_OUT : INDEX;
    const { index, values, places } = statics.get(name) ?? NONE;
    this.index = index;
    this.#values = values;
    this.#places = places;
    this.statics = values.length;
  }

  get values(): readonly string[] {
    return this.#values;
  }

  get places(): readonly number[] {
    return this.#places;
  }

  /** Whether the value was written lately; remembers it. */
  comesAgain(value: string): boolean {
    if (value === this.#last || value === this.#before) return true;
    this.#before = this.#last;
    this.#last = value;
    return false;
  }

  /** The value has a place in the dynamic table. */
  insert(value: string, place: number): void {
    if (!this.inTable) {
      this.#values = this.#values.slice();
      this.#places = this.#places.slice();
    }
    (this.#values as string[]).push(value);
    (this.#places as number[]).push(place);
  }

  /** The oldest of the dynamic ones is gone. */
  forget(): void {
    (this.#values as string[]).splice(this.statics, 1);
    (this.#places as number[]).splice(this.statics, 1);
  }

  get inTable(): boolean {
    return this.#values.length > this.statics;
  }
}
