import type { Random } from '../../../shared/struct/random.ts';
import { RESPONSE_ATTACKS } from '../../support/http1/attacks.ts';
import { judgeResponse } from '../../support/http1/judge-responses.ts';
import { RESPONSE_MESSAGES } from '../../support/http1/response-messages.ts';
import { randomCuts, type Target } from '../target.ts';
import { answerEndlessly } from './endless.ts';
import { WORDS } from './words.ts';

/** Bytes of an upstream, in answer to the first of two requests; with FIN and without, to GET and to HEAD. */
export const responseTarget: Target = {
  name: 'http1-response',
  seeds: [
    ...RESPONSE_MESSAGES.map(({ bytes }) => bytes),
    ...RESPONSE_ATTACKS.flatMap(({ messages }) => messages),
  ].filter((each) => each.length < 2000),
  words: WORDS,
  run(input: string, random: Random) {
    const cuts = randomCuts(input.length, random);
    return [
      judgeResponse(input, 'GET', true, cuts),
      judgeResponse(input, 'GET', false, []),
      judgeResponse(input, 'HEAD', random() < 0.5, cuts),
    ]
      .map(({ words }) => words)
      .join('|');
  },
  async examine(input) {
    await answerEndlessly(input);
  },
};
