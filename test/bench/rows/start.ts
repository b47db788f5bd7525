import type { Bench } from '../bench.ts';
import { aya } from '../contenders/aya.ts';
import { figureOf, type Result } from '../result.ts';
import { measureStarts, type Start } from '../start.ts';
import type { Row } from './row.ts';

export const start: Row = {
  name: 'start',
  words: 'memory and readiness of a sidecar from a file, and as a member of a mesh',
  async measure(bench: Bench): Promise<Result[]> {
    if (!bench.contenders.includes(aya)) return [];
    const { fromFile, member } = await measureStarts(bench.rounds);
    const memory = (work: string, all: readonly Start[], floor: number, goal: number): Result => ({
      row: 'start',
      work,
      unit: 'resident MiB',
      figures: [
        figureOf(
          'aya',
          all.map(({ residentMiB, privateMiB, usedMiB }) => ({
            value: residentMiB,
            also: { 'of that private': privateMiB, 'after 1,000 requests': usedMiB },
          })),
        ),
      ],
      bounds: [{ of: 'aya', floor, goal }],
      notes: [
        'Node itself is part of it: the pages of its program that are in use count, although every Node shares them.',
      ],
    });
    const readiness = (work: string, all: readonly Start[]): Result => ({
      row: 'start',
      work,
      unit: 'ms',
      figures: [
        figureOf(
          'aya',
          all.map(({ ms }) => ({ value: ms, also: {} })),
        ),
      ],
      bounds: [{ of: 'aya', floor: 500, goal: 250 }],
      notes: [],
    });
    return [
      memory('memory, static bootstrap', fromFile, 75, 65),
      memory('memory, connected by ADS', member, 95, 85),
      readiness('ready after start, static bootstrap', fromFile),
      readiness('ready after start, member of a mesh', member),
    ];
  },
};
