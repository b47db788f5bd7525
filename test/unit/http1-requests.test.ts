import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REQUEST_MESSAGES } from '../support/http1/request-messages.ts';
import { type Seen, serve, splits } from '../support/http1-observed.ts';

for (const { name, section, bytes, seen = [], refused, closes = false } of REQUEST_MESSAGES) {
  test(`${refused ? `${refused} to` : 'takes'} ${name} (${section})`, () => {
    const whole = serve(bytes, []);
    const got = whole.seen.map((each, at) => {
      const keys = Object.keys(seen[at] ?? {}) as (keyof Seen)[];
      return Object.fromEntries(keys.map((key) => [key, each[key]]));
    });
    assert.deepEqual(got, seen);
    assert.equal(whole.over, refused !== undefined || closes);
    const answered = whole.seen.filter((each) => each.end === 'whole').map(() => 200);
    assert.deepEqual(whole.statuses, refused ? [...answered, refused] : answered);
    // Long messages are cut in fewer places: every cut near the ends, every 97th between.
    for (const cuts of splits(bytes.length)) {
      const at = cuts[0] ?? 0;
      if (bytes.length > 3000 && cuts.length === 1 && at > 200 && at < bytes.length - 200 && at % 97 > 0) continue;
      assert.deepEqual(serve(bytes, cuts), whole, `cut at ${cuts.length === 1 ? at : 'every byte'}`);
    }
  });
}

test('there are at least 150 named requests, each with its own name', () => {
  assert.ok(REQUEST_MESSAGES.length >= 150, String(REQUEST_MESSAGES.length));
  assert.equal(new Set(REQUEST_MESSAGES.map(({ name }) => name)).size, REQUEST_MESSAGES.length);
});
