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

/** What the encoder of one connection knows of one name. Values are compared as they stand: no keys are put together. */
export class EncodedName {
  readonly name: string;
  /** INDEX, NEVER or LEFT_OUT. */
  readonly manner: number;
  /** First index in the static table, 0 for none. */
  readonly index: number;
  /** Values that have an index ... */
  readonly values: string[] = [];
  /** ... and which: in the static table the index, else the number of the insertion. */
  readonly places: number[] = [];
  /** How many of them are static; they stand first. */
  readonly statics: number;
  /** Values written last without an index: one that comes again gets one, one that changes each time never does. */
  #last = '';
  #before = '';

  constructor(name: string) {
    this.name = name;
    const kind = kindOfName(name);
    if (SECRETS.has(name)) this.manner = NEVER;
    else this.manner = kind > 0 && kind < PSEUDO && ((OURS >>> kind) & 1) !== 0 ? LEFT_OUT : INDEX;
    let first = 0;
    for (let at = 0; at < STATIC_TABLE.length; at += 1) {
      const [each, value] = STATIC_TABLE[at] as readonly [string, string];
      if (each !== name) continue;
      if (first === 0) first = at + 1;
      if (value === '') continue;
      this.values.push(value);
      this.places.push(at + 1);
    }
    this.index = first;
    this.statics = this.values.length;
  }

  /** Whether the value was written lately; remembers it. */
  comesAgain(value: string): boolean {
    if (value === this.#last || value === this.#before) return true;
    this.#before = this.#last;
    this.#last = value;
    return false;
  }

  /** The oldest of the dynamic ones is gone. */
  forget(): void {
    this.values.splice(this.statics, 1);
    this.places.splice(this.statics, 1);
  }

  get inTable(): boolean {
    return this.values.length > this.statics;
  }
}
