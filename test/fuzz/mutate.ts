import type { Random } from '../../shared/struct/random.ts';

/** Inputs stay below this: what needs more is asked for by the tests of limits. */
const MAX_LENGTH = 4096;

/** Bytes at which parsers differ. */
const BYTES = '\0\t\n\v\f\r !"#%&\'()*+,-./09:;<=>?@AFXZ[\\]^_`afxz{|}~\x7f\x80\x85\xa0\xff';

const upTo = (random: Random, end: number): number => Math.floor(random() * end);
const oneOf = <T>(random: Random, list: ArrayLike<T>): T => list[upTo(random, list.length)] as T;
const put = (text: string, at: number, piece: string, instead = 0): string =>
  text.slice(0, at) + piece + text.slice(at + instead);

type Mutation = (text: string, random: Random, words: readonly string[], other: string) => string;

const mutations: readonly Mutation[] = [
  // A byte: another, one more, one less, one bit.
  (text, random) => put(text, upTo(random, text.length), oneOf(random, BYTES), 1),
  (text, random) => put(text, upTo(random, text.length + 1), oneOf(random, BYTES)),
  (text, random) => put(text, upTo(random, text.length), '', 1),
  (text, random) => {
    const at = upTo(random, text.length);
    return put(text, at, String.fromCharCode((text.charCodeAt(at) || 0) ^ (1 << upTo(random, 8))), 1);
  },
  // A word: put in, or instead of as many bytes.
  (text, random, words) => put(text, upTo(random, text.length + 1), oneOf(random, words)),
  (text, random, words) => {
    const word = oneOf(random, words);
    return put(text, upTo(random, text.length), word, word.length);
  },
  // A line: removed, doubled, moved, ended otherwise.
  (text, random) => overLines(text, random, (lines, at) => lines.splice(at, 1)),
  (text, random) => overLines(text, random, (lines, at) => lines.splice(at, 0, lines[at] as string)),
  (text, random) =>
    overLines(text, random, (lines, at) => lines.splice(upTo(random, lines.length), 0, ...lines.splice(at, 1))),
  (text, random, words) => overLines(text, random, (lines, at) => lines.splice(at, 0, oneOf(random, words))),
  // A number: other digits.
  (text, random) => {
    const numbers = [...text.matchAll(/\d+/g)];
    if (numbers.length === 0) return text;
    const { 0: digits, index } = oneOf(random, numbers);
    const value = Number(digits);
    const other = oneOf(random, [value + 1, value - 1, value * 2, 0, value + 1000, `0${value}`, value.toString(16)]);
    return put(text, index, String(other), digits.length);
  },
  // A piece: copied from elsewhere, removed, or taken from another input.
  (text, random) => {
    const from = upTo(random, text.length);
    return put(text, upTo(random, text.length + 1), text.slice(from, from + 1 + upTo(random, 40)));
  },
  (text, random) => put(text, upTo(random, text.length), '', 1 + upTo(random, 20)),
  (text, random, _words, other) =>
    text.slice(0, upTo(random, text.length + 1)) + other.slice(upTo(random, other.length)),
  (text, random, _words, other) => {
    const from = upTo(random, other.length);
    return put(text, upTo(random, text.length + 1), other.slice(from, from + 1 + upTo(random, 60)));
  },
];

function overLines(text: string, random: Random, change: (lines: string[], at: number) => unknown): string {
  const lines = text.split('\r\n');
  change(lines, upTo(random, lines.length));
  return lines.join('\r\n');
}

/** `text`, changed in one to four ways; `other` is another input, to be mixed in. */
export function mutate(text: string, other: string, words: readonly string[], random: Random): string {
  let changed = text;
  for (let times = 1 + upTo(random, 4); times > 0; times -= 1)
    changed = oneOf(random, mutations)(changed, random, words, other);
  return changed.slice(0, MAX_LENGTH);
}

/** The shortest input found from `text` on, by leaving out pieces, for which `fails` still holds. */
export function shrink(text: string, fails: (text: string) => boolean): string {
  let best = text;
  for (let size = Math.ceil(text.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length; ) {
      const shorter = put(best, at, '', size);
      if (shorter.length < best.length && fails(shorter)) best = shorter;
      else at += size;
    }
  }
  return best;
}
