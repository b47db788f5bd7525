import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../shared/struct/random.ts';
import { attempt, Campaign } from '../fuzz/campaign.ts';
import { readCorpus } from '../fuzz/corpus.ts';
import { Coverage } from '../fuzz/coverage.ts';
import { conversationTarget } from '../fuzz/http1/conversation-target.ts';
import { requestTarget } from '../fuzz/http1/request-target.ts';
import { responseTarget } from '../fuzz/http1/response-target.ts';
import { http2ClientTarget, http2ServerTarget } from '../fuzz/http2/targets.ts';
import { mutate, shrink } from '../fuzz/mutate.ts';
import type { Target } from '../fuzz/target.ts';
import { planted } from '../support/planted-bug.ts';

test('coverage leads to a bug that chance would not find', async () => {
  const target: Target = {
    name: 'planted',
    seeds: ['hello'],
    words: ['\r\n'],
    run(input) {
      planted(input);
      return '';
    },
    async examine() {},
  };
  const coverage = new Coverage((url) => url.endsWith('/planted-bug.ts'));
  const campaign = new Campaign(target, coverage, seededRandom(1));
  await campaign.begin([]);
  while (campaign.runs < 300_000 && campaign.findings.length === 0) await campaign.step();
  coverage.stop();
  assert.equal(campaign.findings[0]?.error.message, 'the planted bug');
  // Nothing is left of it but what it takes.
  assert.equal(campaign.findings[0]?.input, 'G\n:\xff\\');
});

test('an input is mutated into bytes only, and never grows without end', () => {
  const random = seededRandom(7);
  let text = 'GET / HTTP/1.1\r\n\r\n';
  for (let times = 0; times < 5000; times += 1) {
    text = mutate(text, 'other', ['word', 'x'.repeat(500)], random);
    assert.ok(text.length <= 4096 && !/[^\0-\xff]/.test(text));
  }
});

test('what breaks an oracle is made as short as can be', () => {
  assert.equal(
    shrink('aaaa<bbbb>cccc', (text) => text.includes('<') && text.includes('>')),
    '<>',
  );
});

for (const target of [requestTarget, responseTarget, conversationTarget, http2ServerTarget, http2ClientTarget]) {
  test(`every kept input of ${target.name} holds`, async () => {
    for (const input of [...target.seeds, ...readCorpus(target.name)]) {
      const { error } = attempt(target, input);
      assert.equal(error, null, JSON.stringify(input));
    }
  });
}
