import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { writeBootstrap } from '../bootstrap.ts';
import type { Contender, Place, Setting } from './contender.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** The bundle that `npm run build` made. */
export const bundle = path.join(root, 'dist/main.mjs');

/** Aya from a bundle, on the Node that runs the bench. */
export const ayaFrom = (name: string, main: string): Contender => ({
  name,
  dynamic: true,
  tcp: true,
  version: () => (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }).version,
  statistics: ({ admin }: Place) => `http://127.0.0.1:${admin}/stats/prometheus`,
  command: (place: Place, setting: Setting) => [
    ...[process.execPath, main, 'sidecar', '-c', writeBootstrap(place, setting, {})],
    ...['--concurrency', String(setting.workers)],
  ],
});

export const aya = ayaFrom('aya', bundle);
