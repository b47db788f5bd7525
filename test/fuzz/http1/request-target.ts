import type { Random } from '../../../shared/struct/random.ts';
import { REQUEST_ATTACKS } from '../../support/http1/attacks.ts';
import { askNode, judgeRequests } from '../../support/http1/judge-requests.ts';
import { REQUEST_MESSAGES } from '../../support/http1/request-messages.ts';
import { randomCuts, type Target } from '../target.ts';
import { serveEndlessly } from './endless.ts';
import { WORDS } from './words.ts';

/** Bytes of a client, in front of a canary request. */
export const requestTarget: Target = {
  name: 'http1-request',
  seeds: [...REQUEST_MESSAGES.map(({ bytes }) => bytes), ...REQUEST_ATTACKS.flatMap(({ messages }) => messages)].filter(
    (each) => each.length < 2000,
  ),
  words: WORDS,
  run: (input: string, random: Random) => judgeRequests(input, randomCuts(input.length, random)).words,
  async examine(input) {
    await askNode(judgeRequests(input, []));
    await serveEndlessly(input);
  },
};
