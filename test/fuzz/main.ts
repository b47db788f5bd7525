/**
 * `npm run fuzz`: fuzzes what strangers send, guided by what the code executes. Exits with 1 when an oracle was broken, and
 * prints the input as short as it could be made.
 *
 *   node test/fuzz/main.ts [--seconds 300] [--only NAME] [--seed N] [--keep]
 *
 * `--keep` writes the inputs that went new ways into test/fuzz/corpus/, for a person to commit.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../shared/struct/random.ts';
import { Campaign } from './campaign.ts';
import { readCorpus, writeCorpus } from './corpus.ts';
import { Coverage } from './coverage.ts';
import { conversationTarget } from './http1/conversation-target.ts';
import { requestTarget } from './http1/request-target.ts';
import { responseTarget } from './http1/response-target.ts';
import { http2ClientTarget, http2ServerTarget } from './http2/targets.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    only: { type: 'string' },
    seed: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const targets = [requestTarget, responseTarget, conversationTarget, http2ServerTarget, http2ClientTarget].filter(
  ({ name }) => values.only === undefined || name === values.only,
);
if (targets.length === 0 || !(seconds > 0)) {
  console.error(`nothing to do: --seconds ${values.seconds} --only ${values.only}`);
  process.exit(2);
}

const concerns = (url: string): boolean => /\/sidecar\/codec\/http[12]\//.test(url);
let [passed, failed] = [0, 0];
console.log(`seed ${seed}, ${seconds} s`);
for (const target of targets) {
  const coverage = new Coverage(concerns);
  const campaign = new Campaign(target, coverage, seededRandom(seed));
  const started = performance.now();
  const end = started + (seconds * 1000) / targets.length;
  await campaign.begin(readCorpus(target.name));
  const before = coverage.characters;
  while (performance.now() < end && campaign.findings.length === 0) await campaign.step();
  const took = (performance.now() - started) / 1000;
  console.log(
    `${target.name}: ${campaign.runs} inputs in ${took.toFixed(0)} s, ${campaign.found.length} went new ways, ` +
      `${coverage.characters} characters of source executed, ${coverage.characters - before} of them not by the seeds`,
  );
  coverage.stop();
  for (const { input, error } of campaign.findings) console.error(`${JSON.stringify(input)}\n${error.stack}\n`);
  if (campaign.findings.length > 0) failed += 1;
  else passed += 1;
  if (values.keep) {
    const again = new Coverage(concerns);
    const wrong = campaign.findings.map(({ input }) => input);
    writeCorpus(target.name, [...campaign.distil(readCorpus(target.name), again), ...wrong]);
    again.stop();
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
