import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { VirtualClock } from '../../../shared/time/virtual-clock.ts';
import { FileWatch } from '../../../sidecar/discovery/file-watch.ts';

test('files that are written, replaced, linked elsewhere or gone have changed', (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'aya-watch-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const at = (name: string): string => path.join(folder, name);
  const clock = new VirtualClock();
  const told: string[][] = [];
  const watch = new FileWatch(clock, (files) => told.push([...files].map((each) => path.basename(each))));
  const look = (): string[] => {
    clock.advance(5_000);
    return told.splice(0).flat();
  };
  writeFileSync(at('a'), '1');
  writeFileSync(at('b'), '1');
  symlinkSync(at('a'), at('link'));
  watch.watch(new Set([at('a'), at('link'), at('none')]));
  assert.deepEqual(look(), ['a', 'link', 'none'], 'they may have changed between being read and being watched');
  assert.deepEqual(look(), []);
  writeFileSync(at('a'), '2');
  assert.deepEqual(look(), ['a', 'link']);
  unlinkSync(at('link'));
  symlinkSync(at('b'), at('link'));
  assert.deepEqual(look(), ['link']);
  unlinkSync(at('a'));
  writeFileSync(at('none'), '');
  assert.deepEqual(look(), ['a', 'none']);
  watch.watch(new Set());
  writeFileSync(at('b'), '3');
  assert.deepEqual(look(), []);
});
