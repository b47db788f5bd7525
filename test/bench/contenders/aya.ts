import { readFileSync } from 'node:fs';
import path from 'node:path';
import { writeBootstrap } from '../bootstrap.ts';
import type { Contender, Place, Setting } from './contender.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** How users start Aya. It runs the bundle that `npm run build` made, unless a source is newer, with Node's flags for a sidecar. */
export const launcher = path.join(root, 'bin/aya');

/** Aya as a launcher starts it. */
export const ayaFrom = (name: string, program: string): Contender => ({
  name,
  dynamic: true,
  tcp: true,
  version: () => (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }).version,
  statistics: ({ admin }: Place) => `http://127.0.0.1:${admin}/stats/prometheus`,
  command: (place: Place, setting: Setting) => [
    ...[program, 'sidecar', '-c', writeBootstrap(place, setting, {})],
    ...['--concurrency', String(setting.workers)],
  ],
});

export const aya = ayaFrom('aya', launcher);
