import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attacks, REQUEST_ATTACKS, RESPONSE_ATTACKS } from '../support/http1/attacks.ts';
import { askNode, judgeRequests } from '../support/http1/judge-requests.ts';
import { judgeResponse } from '../support/http1/judge-responses.ts';

const total = (list: readonly Attacks[]): number => list.reduce((sum, { messages }) => sum + messages.length, 0);
const everyByte = (text: string): number[] => [...text.slice(1)].map((_, at) => at + 1);

test('there are at least 40 categories of attacks on requests and 300 messages', () => {
  assert.ok(
    REQUEST_ATTACKS.length >= 40 && total(REQUEST_ATTACKS) >= 300,
    `${REQUEST_ATTACKS.length}, ${total(REQUEST_ATTACKS)}`,
  );
  assert.ok(
    RESPONSE_ATTACKS.length >= 15 && total(RESPONSE_ATTACKS) >= 150,
    `${RESPONSE_ATTACKS.length}, ${total(RESPONSE_ATTACKS)}`,
  );
});

for (const { category, messages } of REQUEST_ATTACKS) {
  test(`requests, ${category}: behind stands what was seen in front, and the canary gets its own answer`, async () => {
    for (const message of messages) {
      await askNode(judgeRequests(message, [everyByte(message), [message.length], [message.length - 1]]));
    }
  });
}

for (const { category, messages } of RESPONSE_ATTACKS) {
  test(`responses, ${category}: the next request gets its own answer or none`, () => {
    for (const message of messages) {
      for (const method of ['GET', 'HEAD'] as const) {
        for (const fin of [true, false]) {
          const { headers } = judgeResponse(message, method, fin, [everyByte(message)]);
          // What was hidden in the body of an answer is not its head.
          assert.ok(!headers.some((line) => line.startsWith('X-False')), message);
        }
      }
    }
  });
}
