import assert from 'node:assert/strict';
import type { Random } from '../../../shared/struct/random.ts';
import { CLAUSES, MALFORMED_REQUESTS } from '../../support/http2/clauses.ts';
import {
  data,
  END_STREAM,
  goaway,
  headers,
  MAGIC,
  ping,
  rst,
  settings,
  settingsAck,
  windowUpdate,
} from '../../support/http2/frames.ts';
import { hpackStories } from '../../support/http2/hpack-stories.ts';
import { answered, type Outcome, served } from '../../support/http2/outcome.ts';
import { randomCuts, type Target } from '../target.ts';

const text = (...frames: Buffer[]): string => Buffer.concat(frames).toString('latin1');
const OK = [':status', '200', 'content-length', '5'];

/** Header blocks by other encoders, as frames that begin a message. */
const blocks = hpackStories()
  .flatMap(({ cases }) => cases.flatMap((each) => [...each.blocks.values()]))
  .filter(({ length }) => length < 400);
const heads = blocks.map((block, at) =>
  text(Buffer.from([0, block.length >> 8, block.length & 0xff, 1, 5, 0, 0, 0, (at % 8) * 2 + 1]), block),
);

const WORDS = [
  ...heads.filter((_, at) => at % 10 === 0),
  text(settings()),
  text(settings(4, 0)),
  text(settings(4, 70_000, 1, 0)),
  text(settingsAck()),
  text(ping()),
  text(windowUpdate(0, 1_000)),
  text(windowUpdate(1, 0x7fffffff)),
  text(rst(1, 8)),
  text(goaway(1, 0)),
  text(data(1, 'hello')),
  text(data(1, '', END_STREAM)),
  text(headers(1, END_STREAM, 'x-sum', '1')),
  text(headers(1, 0, ...OK)),
  ...['\0', '\x01', '\x04', '\x05', '\x08', '\x20', '\x3f\xe1\x1f', '\x82', '\x88', '\xbe', '\xff\xff\xff\x7f'],
];

/** The same outcome wherever the bytes are cut; no input may throw, or make us say what nobody can read. */
function judge(input: string, random: Random, outcome: (bytes: Buffer, cuts: readonly number[]) => Outcome): string {
  const bytes = Buffer.from(input, 'latin1');
  const whole = outcome(bytes, []);
  for (const cuts of randomCuts(bytes.length, random)) assert.deepEqual(outcome(bytes, cuts), whole);
  return whole.said.map((each) => each.slice(0, 12)).join(',');
}

const greeting = text(Buffer.from(MAGIC, 'latin1'), settings(), settingsAck());

/** Bytes of a client, from its preface on. */
export const http2ServerTarget: Target = {
  name: 'http2-server',
  seeds: [
    ...CLAUSES.map(({ frames }) => greeting + text(...frames)),
    ...MALFORMED_REQUESTS.map(([, , fields]) => greeting + text(headers(1, END_STREAM, ...fields))),
    greeting + heads.slice(0, 8).join(''),
  ].filter(({ length }) => length < 2_000),
  words: WORDS,
  run: (input, random) => judge(input, random, served),
  async examine() {},
};

/** Bytes of a server, after its SETTINGS, to a client with three requests under way. */
export const http2ClientTarget: Target = {
  name: 'http2-client',
  seeds: [
    ...CLAUSES.map(({ frames }) => text(...frames)),
    text(headers(1, 0, ...OK), data(1, 'hello', END_STREAM)),
    text(
      headers(1, 0, ':status', '103'),
      headers(1, 0, ':status', '200'),
      data(1, 'a'),
      headers(1, END_STREAM, 'x-sum', '1'),
    ),
    text(headers(3, 0, ':status', '200'), data(3, 'early', END_STREAM), windowUpdate(3, 10), rst(5, 7), goaway(3, 0)),
    heads.slice(0, 8).join(''),
  ].filter(({ length }) => length < 2_000),
  words: WORDS,
  run: (input, random) => judge(input, random, answered),
  async examine() {},
};
