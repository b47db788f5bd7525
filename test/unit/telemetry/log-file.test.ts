import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { LogFile } from '../../../shared/log/file.ts';
import { VirtualClock } from '../../../shared/time/virtual-clock.ts';
import { temporaryFile } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';

test('a file that is closed while it is opened anew still takes late lines', async (t) => {
  const { file, remove } = temporaryFile('access.log', '');
  t.after(remove);
  const clock = new VirtualClock();
  const log = new LogFile(file, clock, (_path, error) => assert.fail(error));
  log.write('one\n');
  clock.advance(250);
  await eventually(() => readFileSync(file, 'utf8') === 'one\n');
  log.reopen();
  log.release();
  clock.advance(250);
  // Until the file is open.
  for (let count = 0; count < 50; count += 1) await turn();
  log.write('two\n');
  clock.advance(250);
  await eventually(() => readFileSync(file, 'utf8') === 'one\ntwo\n', 2_000);
  clock.advance(500);
});
