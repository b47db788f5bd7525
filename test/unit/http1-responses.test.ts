import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RESPONSE_MESSAGES } from '../support/http1/response-messages.ts';
import { type Answered, answer, splits } from '../support/http1-observed.ts';

for (const { name, section, bytes, method = 'GET', fin = false, seen = {}, refused } of RESPONSE_MESSAGES) {
  test(`${refused ? 'refuses' : 'takes'} ${name} (${section})`, () => {
    const whole = answer(method, bytes, [], fin);
    if (refused) {
      assert.match(whole.end, /^protocol: upstream sent a malformed response: ./);
      assert.equal(whole.connection, 'gone');
    } else {
      const expected = { end: 'whole', ...seen };
      const keys = Object.keys(expected) as (keyof Answered)[];
      assert.deepEqual(Object.fromEntries(keys.map((key) => [key, whole[key]])), expected);
    }
    for (const cuts of splits(bytes.length)) {
      const at = cuts[0] ?? 0;
      if (bytes.length > 3000 && cuts.length === 1 && at > 200 && at < bytes.length - 200 && at % 97 > 0) continue;
      assert.deepEqual(answer(method, bytes, cuts, fin), whole, `cut at ${cuts.length === 1 ? at : 'every byte'}`);
    }
  });
}

test('there are at least 80 named responses, each with its own name', () => {
  assert.ok(RESPONSE_MESSAGES.length >= 80, String(RESPONSE_MESSAGES.length));
  assert.equal(new Set(RESPONSE_MESSAGES.map(({ name }) => name)).size, RESPONSE_MESSAGES.length);
});
